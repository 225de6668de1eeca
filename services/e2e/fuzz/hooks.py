"""What schemathesis cannot read off /openapi.json."""

import itertools
import json
import unicodedata
import uuid

import jsonschema_rs
import schemathesis
from hypothesis import strategies as st
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

# To the schema these are any text, of which nearly all is refused before the request is looked at any further: one in so many requests keeps what was made up.
KEPT_EVERY = 8
OPAQUE_HEADERS = ("Ledger-Consistency", "Last-Event-ID", "If-Match")
calls = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    if next(calls) % KEPT_EVERY == 0:
        return
    if case.headers:
        for name in OPAQUE_HEADERS:
            case.headers.pop(name, None)
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = str(uuid.uuid4())
    is_negative = case.meta is not None and case.meta.is_negative_at(ParameterLocation.QUERY)
    if case.query and not is_negative:
        case.query.pop("cursor", None)


def described(case, response, media_type):
    """The schema of a response of this media type; None when it is of another."""
    received = (response.headers.get("content-type") or [""])[0]
    if not received.startswith(media_type) or response.status_code != 200:
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
