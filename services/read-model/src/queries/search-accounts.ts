import type { Queryable } from '@ledgerflow/platform/postgres';
import { currencyLexeme, isSpelled, statusLexeme } from '../projections/account-search/lexemes.ts';
import { encoded, words } from '../projections/account-search/text.ts';
import { statement } from '../statement.ts';
import type { AccountSearchFilter, PageRequest, SearchKey, SearchPage, Seen } from '../types.ts';
import { ACCOUNT_COLUMNS, PARKED_SINCE, toAccount, type AccountColumns } from './account-rows.ts';
import { live, type ProjectionName } from './live.ts';
import { CHECKPOINT_COLUMNS, rowsWanted, seen, toPage } from './seen.ts';

const PROJECTIONS: readonly ProjectionName[] = ['account_search', 'account_summary'];

/** Words of a question that are looked for; further ones are left out. */
const QUESTION_WORDS_MAX = 8;
/** Enough to rank: once so many match, larger levels of accounts are not looked into (each has as many as all before it, so up to twice as many are ranked). */
const MATCHES_MAX = 300;
/** Entries of the index that a search may read for words that are each common and hardly ever meet: some 10 ms. */
const LEXEMES_MAX = 20_000;
/** With fewer than these, and none that has the words as they are, words that look alike are looked for too. */
const FEW_MAX = 10;

/** Above every score that read.search_accounts gives: the account whose id is the question is first, and is found even where its words are so common that only a sample is ranked. */
const SAME_ID_SCORE = 4_000_000;

const SQL = statement(`select ${CHECKPOINT_COLUMNS}, true as found, r.* from ${live('$1', PROJECTIONS, { unopened: 'true' })}
  left join lateral (
    with hits as materialized (
      select h.account, h.id, h.score, h.is_sample from read.search_accounts(c.account_search, $3, $4, $5, $6, $7, $8, $9, $10, ${MATCHES_MAX}, ${LEXEMES_MAX}, ${FEW_MAX}) h
      where h.account is null or $2 like '@%' or left(h.id, 1) <> '@'
      union all
      select o.account, o.id, ${SAME_ID_SCORE}, false from (select * from read.account_summary s where s.generation = c.account_summary and s.id = $2 limit 1) o
      where ($7::text is null or o.owner_id = $7) and ($11::text is null or o.status = $11) and ($12::text is null or o.currency = $12))
    select s.is_sample, f.* from (select coalesce(bool_or(h.is_sample), false) as is_sample from hits h) s left join (
      select ${ACCOUNT_COLUMNS}, k.score, ${PARKED_SINCE}
      from (select h.account, h.id, max(h.score) as score from hits h where h.account is not null group by h.account, h.id
        having $13::int is null or max(h.score) < $13 or (max(h.score) = $13 and h.id > $14) order by max(h.score) desc, h.id limit $15) k
      cross join lateral (select * from read.account_summary o where o.generation = c.account_summary and o.account = k.account limit 1) a) f on true
  ) r on true order by r.score desc, r.id`);

interface Row extends AccountColumns {
  is_sample: boolean | null;
  score: number;
}

/** The lexeme of any level; in read.match_accounts the level stands where the ? is. */
const quoted = (lexeme: string): string => `'?${lexeme}'`;

/** A word with each two neighbours exchanged: the slip that trigrams of short words do not see. */
function exchanged(word: string): string[] {
  const letters = Array.from(word);
  return letters.slice(1).map((next, i) => [...letters.slice(0, i), next, letters[i], ...letters.slice(i + 2)].join(''));
}

/** In the order of the statement's parameters, from the first. */
function parametersOf(ledger: string, text: string, { status, currency, ownerId }: AccountSearchFilter): unknown[] {
  const asked = [...new Set(words(text))].slice(0, QUESTION_WORDS_MAX);
  const terms = asked.map((word) => `${quoted(word)}:*`);
  const filters: string[] = [];
  if (status !== undefined) filters.push(statusLexeme(status));
  if (currency !== undefined) filters.push(currencyLexeme(currency));
  // An owner has no lexeme of its own: its words are among those of the account, and the owner is compared in the rows.
  if (ownerId !== undefined) filters.push(...words(ownerId).slice(0, QUESTION_WORDS_MAX));
  return [
    ledger,
    text.trim(),
    terms,
    asked.map((word, i) => (isSpelled(word) ? [terms[i], ...exchanged(word).map(quoted)].join(' | ') : terms[i])),
    asked.map((word) => (isSpelled(word) ? encoded(word) : null)),
    filters.map(quoted),
    ownerId ?? null,
    terms.join(' & '),
    asked.map(quoted).join(' & '),
    encoded(text.trim()),
    status ?? null,
    currency ?? null,
  ];
}

/**
 * Accounts by words of their id, name, owner and metadata, the best first: the one whose id is the question, those whose name is, those that have all its words (every word may be the beginning of one; an id counts more
 * than a name, a name more than an owner, an owner more than metadata), and, when these are few and none has the very words, those with words that look like its own. The key is (score, id). At most some hundreds of
 * accounts are ranked, from a fair sample where more match, the same ones each time. Indexes: account_search_lexemes, account_words_spelling; account_summary_id for the id, and account_summary's primary key for the rows of the page.
 */
export async function searchAccounts(
  db: Queryable,
  ledger: string,
  text: string,
  filter: AccountSearchFilter,
  page: PageRequest<SearchKey>,
): Promise<Seen<SearchPage> | null> {
  const parameters = [...parametersOf(ledger, text, filter), page.after?.score ?? null, page.after?.id ?? '', rowsWanted(page)];
  const result = await seen<Row>(db, SQL, parameters);
  if (result === null) return null;
  const found = result.rows.filter((row) => row.id !== null);
  const { rows, next } = toPage(
    found,
    page,
    (row) => ({ account: toAccount(row), score: row.score }),
    ({ account, score }): SearchKey => ({ score, id: account.account }),
  );
  const isSample = result.rows[0]?.is_sample ?? false;
  return { checkpoint: result.checkpoint, projections: PROJECTIONS, value: { rows: rows.map(({ account }) => account), next, isSample } };
}
