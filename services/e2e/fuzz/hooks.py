"""What schemathesis cannot read off /openapi.json."""

import atexit
import itertools
import json
import os
import unicodedata
import uuid
from collections import Counter, defaultdict, deque

import jsonschema_rs
import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import ServerError
from schemathesis.core.parameters import ParameterLocation

# The formats of the contract (services/admin-gateway/src/contract/validation.ts), so that what should be valid is.

amounts = st.from_regex(r"\A(0|[1-9][0-9]{0,5})(\.[0-9]{1,2})?\Z", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)

schemathesis.openapi.format("amount", amounts.filter(lambda text: float(text) > 0))
schemathesis.openapi.format("amount-or-zero", amounts)
schemathesis.openapi.format("signed-amount", st.tuples(st.sampled_from(["", "-"]), amounts).map("".join))
schemathesis.openapi.format(
    "rfc3339-micros", st.datetimes().map(lambda time: f"{time.isoformat(timespec='microseconds')}Z")
)
schemathesis.openapi.format("nfc", texts.map(lambda text: unicodedata.normalize("NFC", text)))

# Most of what a schema allows names nothing that is there: all but one in so many requests get ids, tokens and amounts of what is.
KEPT_EVERY = 8
# One in so many goes to the ledger in which writes are parked.
PARKED_EVERY = 4
# On accounts of their own, so that those with money go on taking it; the first of them are frozen, the others closed.
STATUS_CHANGES = ("freezeAccount", "unfreezeAccount", "closeAccount")
FROZEN = 30
OF_THE_FIRST_LEDGER = (*STATUS_CHANGES, "getTransaction")
LETTER_CHANGES = ("retryDeadLetter", "discardDeadLetter")
REQUEST_SECONDS_MAX = 15
NEWEST_MAX = 8

seed = json.loads(os.environ["FUZZ_SEED"])
calls = itertools.count()
turns = defaultdict(itertools.count)
# operationId → status → how many.
statuses = defaultdict(Counter)
# The newest of what answers named.
rebuilds = deque([("all", seed["rebuild"])], maxlen=NEWEST_MAX)
repairs = deque([seed["repair"]], maxlen=NEWEST_MAX)
# Not of the parked ledger, whose projections wait.
tokens = deque(maxlen=1)
transactions = deque(["2"], maxlen=NEWEST_MAX)
frozen = deque(maxlen=FROZEN)
etags = {}
pages = {}


def is_of(response, media_type):
    return (response.headers.get("content-type") or [""])[0].startswith(media_type)


def turn(name, values):
    """One after the other."""
    return values[next(turns[name]) % len(values)]


def api(method, path, **more):
    """A request beside those of schemathesis, which has to succeed."""
    headers = {"Authorization": f"Bearer {os.environ['FUZZ_TOKEN']}", "Idempotency-Key": str(uuid.uuid4())}
    url = f"{os.environ['FUZZ_URL']}/api/v1{path}"
    response = requests.request(method, url, headers=headers, timeout=REQUEST_SECONDS_MAX, **more)
    response.raise_for_status()
    return response.json()


def dead_letters():
    """Ids of those that can be tried; there are some more the next time where there are none now."""
    letters = api("GET", "/admin/dlq", params={"ledger": seed["parkedLedger"], "state": "refused"})["data"]
    waiting = {account for letter in letters for account in letter["accounts"]}
    for account in seed["parked"]:
        if account not in waiting:
            api("PATCH", f"/ledgers/{seed['parkedLedger']}/accounts/{account}", json={"name": "Parked"})
    return [letter["id"] for letter in letters] or ["1"]


def account_of(operation, is_parked):
    if operation == "closeAccount":
        return turn(operation, seed["empty"][FROZEN:])
    if operation == "unfreezeAccount" and frozen:
        frozen.rotate()
        return frozen[0]
    if operation in STATUS_CHANGES:
        return turn(operation, seed["empty"][:FROZEN])
    return turn(operation, seed["parked"] if is_parked else seed["accounts"])


def fill_path(operation, path):
    is_parked = operation not in OF_THE_FIRST_LEDGER and next(turns[f"{operation} ledger"]) % PARKED_EVERY == PARKED_EVERY - 1
    known = {
        "ledger": lambda: seed["parkedLedger" if is_parked else "ledger"],
        "account": lambda: account_of(operation, is_parked),
        "transaction": lambda: turn(operation, transactions),
        "deadLetter": lambda: turn(operation, dead_letters()),
        "repair": lambda: turn(operation, repairs),
    }
    for name in path:
        if name in known:
            path[name] = known[name]()
    if "rebuild" in path:
        path["projection"], path["rebuild"] = turn(operation, rebuilds)


def fill_money(body, accounts):
    """Postings between two accounts that have money, at no time of their own."""
    for name in ("effectiveAt", "expectedVersions", "toLedger"):
        body.pop(name, None)
    if "externalId" in body:
        body["externalId"] = str(uuid.uuid4())
    if "currency" in body:
        body["currency"] = "USD"
    if "from" in body and "to" in body:
        body["from"], body["to"] = turn("postings", accounts), turn("postings", accounts)
    for name in ("postings", "transactions"):
        for part in body.get(name, []):
            fill_money(part, accounts)


def fill_body(operation, ledger, body):
    if operation in ("retryAllDeadLetters", "createRebuild"):
        body["ledger"] = seed["ledger"]
        body.pop("account", None)
    elif operation in ("openLedger", "openAccount"):
        body["id"] = f"made-{next(turns['made'])}"
    elif operation == "updateAccount":
        fill_limits(body)
    else:
        fill_money(body, seed["parked" if ledger == seed["parkedLedger"] else "accounts"])


def fill_headers(case):
    headers, path = case.headers, case.path_parameters or {}
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = str(uuid.uuid4())
    filled = {
        "Ledger-Consistency": tokens[0] if tokens and path.get("ledger") == seed["ledger"] else None,
        "Last-Event-ID": "2",
        "If-Match": etags.get((path.get("ledger"), path.get("account"))),
    }
    for name, value in filled.items():
        if name in headers:
            headers.pop(name)
            if value is not None:
                headers[name] = value


def fill_limits(body):
    """Limits that leave room for what the account has."""
    for name, limit in (("minBalance", "-5.00"), ("maxBalance", "100000000.00")):
        if body.get(name) is not None:
            body[name] = limit


def fill_query(operation, case):
    """Times at which all was there, a projection that there is."""
    for name in ("at", "effectiveAt"):
        if name in case.query:
            case.query[name] = seed["at"]
    if "projection" in case.query:
        case.query["projection"] = "account_summary"
    if "cursor" in case.query:
        fill_page(operation, case)


def fill_page(operation, case):
    """The page after one that was answered: its cursor goes with all else that was asked."""
    case.query.pop("cursor")
    if operation in pages:
        path, query = pages[operation]
        case.path_parameters, case.query = dict(path), dict(query)


@schemathesis.hook
def before_call(context, case, kwargs):
    if next(calls) % KEPT_EVERY == 0:
        return
    operation = case.operation.definition.raw["operationId"]

    def is_filled(place):
        return case.meta is None or not case.meta.is_negative_at(place)

    if case.path_parameters and is_filled(ParameterLocation.PATH):
        fill_path(operation, case.path_parameters)
    if case.query and is_filled(ParameterLocation.QUERY):
        fill_query(operation, case)
    if case.headers and is_filled(ParameterLocation.HEADER):
        fill_headers(case)
    if isinstance(case.body, dict) and is_filled(ParameterLocation.BODY):
        fill_body(operation, (case.path_parameters or {}).get("ledger"), case.body)


@schemathesis.hook
def after_call(context, case, response):
    operation = case.operation.definition.raw["operationId"]
    statuses[operation][response.status_code] += 1
    path = case.path_parameters or {}
    if response.status_code >= 300 or not is_of(response, "application/json"):
        return
    if path.get("ledger") == seed["ledger"]:
        tokens.extend(response.headers.get("ledger-consistency") or [])
    for etag in response.headers.get("etag") or []:
        etags[path.get("ledger"), path.get("account")] = etag
    body = response.json()
    is_dry = str((case.query or {}).get("dryRun")).lower() == "true"
    if operation == "createRebuild":
        rebuilds.append((path["projection"], body["id"]))
    elif operation == "freezeAccount" and not is_dry:
        frozen.append(body["id"])
    elif operation == "unfreezeAccount" and body["id"] in frozen and not is_dry:
        frozen.remove(body["id"])
    elif operation in LETTER_CHANGES:
        repairs.append(body["id"])
    elif "transactionId" in body and path.get("ledger") == seed["ledger"] and not is_dry:
        transactions.append(body["transactionId"])
    elif body.get("nextCursor") is not None:
        pages[operation] = path, {**case.query, "cursor": body["nextCursor"]}


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """What is parked by the seed is not answered, and that is said with 503."""
    is_parked = response.status_code == 503 and response.json().get("code") == "projection_parked"
    return not (is_parked and isinstance(failure, ServerError) and (case.path_parameters or {}).get("ledger") == seed["parkedLedger"])


@atexit.register
def write_statuses():
    with open(os.environ["FUZZ_STATUSES"], "w") as file:
        json.dump(statuses, file)


def described(case, response, media_type):
    """The schema of a response of this media type; None when it is of another."""
    if not is_of(response, media_type) or response.status_code != 200:
        return None
    return case.operation.definition.raw["responses"]["200"]["content"][media_type]["schema"]


@schemathesis.check
def ndjson_conformance(ctx, response, case):
    """The schema of NDJSON is that of a line, which schemathesis does not know."""
    schema = described(case, response, "application/x-ndjson")
    if schema is not None:
        validator = jsonschema_rs.validator_for(schema)
        for line in response.text.splitlines():
            for error in validator.iter_errors(json.loads(line)):
                raise AssertionError(f"{error.message}: {line}")


@schemathesis.check
def event_stream_conformance(ctx, response, case):
    """OpenAPI 3.1 has no schema for an event: its data is a record, its id the record's position."""
    if described(case, response, "text/event-stream") is None:
        return
    # What comes after the last blank line was cut off by our bound.
    for block in response.text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            record = json.loads(fields["data"])
            assert record["position"] == fields["id"], f"the event {fields['id']} has another record"
            assert record["events"], f"the record {fields['id']} has no events"
