-- Three more projections: what happens in a ledger over time, accounts found by words, and what each account had at the end of each day. Keyed by generation as all are.

-- Both are trusted: the owner of the database may create them. They stand in public, where every role finds their operators.
create extension if not exists pg_trgm with schema public;
create extension if not exists btree_gin with schema public;

-- Per currency, time (UTC, by recorded_at) and type of record: how many transactions moved the currency, their entries, and what moved (the sum of the positive entries). bucket: 0 minute, 1 hour, 2 day;
-- starts_at: its begin. Minutes are kept as long as the log is: a few rows for each in which something happened, 1,440 times the types a day at most, and nothing is deleted that a digest has counted.
create table read.ledger_activity (
  generation   integer not null,
  bucket       smallint not null,
  starts_at    bigint not null,
  currency     text collate "C" not null,
  type         smallint not null,
  transactions bigint not null,
  entries      bigint not null,
  volume       numeric not null,
  primary key (generation, bucket, starts_at, currency, type)
) with (fillfactor = 70);

-- One row for an account and a day (number of days since 1970-01-01, UTC) on which something was recorded of it: how it ended, and what its entries of the day sum to.
create table read.daily_balances (
  generation integer not null,
  account    integer not null,
  day        integer not null,
  posted     numeric(38, 0) not null,
  held       numeric(38, 0) not null,
  version    bigint not null,
  position   bigint not null,
  entries    bigint not null,
  credits    numeric not null,
  debits     numeric not null,
  primary key (generation, account, day)
) with (fillfactor = 70);

-- What of an account is searched. Accounts are in levels drawn by their number: level 12 has half of them, each below it half of the one above, and 1 and 0 the last 1/4,096 each. So the levels from 0 up to any
-- one are a fair sample, and a search that finds plenty in the low levels need not look into the high ones, whichever accounts have it. Every lexeme begins with the row's level
-- (generation × 16 + level, a dot), so that a list of the index has the accounts of one level only. Weights: A id, B name, C owner, D metadata; lexemes with = after the dot are of filters.
-- naming: id and name, folded and in ASCII (see projections/account-search/text.ts), for parts of words.
create table read.account_search (
  generation integer not null,
  account    integer not null,
  level      bigint not null,
  id         text collate "C" not null,
  currency   text collate "C" not null,
  status     text collate "C" not null,
  owner_id   text collate "C",
  name       text,
  metadata   text,
  lexemes    tsvector not null,
  naming     text collate "C" not null,
  primary key (generation, account)
);
-- Written at once and not from a pending list, which every search would have to read through.
create index account_search_lexemes on read.account_search using gin (lexemes) with (fastupdate = off);
create index account_search_naming on read.account_search using gin (level, naming public.gin_trgm_ops) with (fastupdate = off);

-- The words without digits, and how many accounts have each: what a misspelled word may have meant. spelling: the word in ASCII. A word that no account has any more is gone.
create table read.account_words (
  generation integer not null,
  word       text collate "C" not null,
  spelling   text collate "C" not null,
  accounts   bigint not null,
  primary key (generation, word)
) with (fillfactor = 70);
create index account_words_spelling on read.account_words using gin (generation, spelling public.gin_trgm_ops) with (fastupdate = off);

-- The accounts that match every term, by levels from the smallest, until there are some. A term is the text of a tsquery whose lexemes begin with ? where the level belongs. In the small levels all terms are asked of
-- the index together. Then it is known how common each is, and of the large levels only the rare ones are asked there (a common one costs as much as there are accounts with it); the others are compared in the rows.
-- score: how well `ranking` fits (0 to 900,000), 1,000,000 more where `whole` does, and 2,000,000 where id or name is `question`; with is_guess, how alike question and naming are.
-- owner: theirs only (its words are among the terms: an owner's id may have others besides). is_sample: levels were left out, because enough were found (matches_max)
-- or because terms are common that hardly ever meet (lexemes_max entries of the index); said in a last row without an account.
-- GIN needs bitmaps, which the sessions that read have turned off; and plans must not depend on statistics.
create function read.match_accounts(generation integer, terms text[], owner text, ranking text, whole text, question text, is_guess boolean, matches_max integer, lexemes_max integer,
  out account integer, out id text, out score integer, out is_sample boolean)
returns setof record language plpgsql stable parallel safe
set search_path = pg_catalog set enable_bitmapscan = on set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  levels_max constant integer := 12;
  small      constant integer := 4;
  -- Enough to tell common from rare; of 1,000,000 accounts the level has 976, and a row costs some 3 µs.
  counted_max constant integer := 400;
  prefix     text;
  every      text := '(' || array_to_string(terms, ') & (') || ')';
  rare       text := every;
  counted    bigint;
  counts     bigint[] := '{}';
  work       bigint := 0;
  found_now  integer;
  found_all  integer := 0;
begin
  for level in 0..levels_max loop
    if level = small + 1 and cardinality(terms) > 1 then
      prefix := (match_accounts.generation::bigint * 16 + small)::text || '.';
      for i in 1..cardinality(terms) loop
        select count(*) into counted from (select from read.account_search s where s.lexemes @@ replace(terms[i], '?', prefix)::tsquery limit counted_max) c;
        counts := counts || counted;
      end loop;
      select '(' || string_agg(t.term, ') & (') || ')', sum(t.count) into rare, work from (
        select u.term, u.count, min(u.count) over () as least from unnest(terms, counts) as u(term, count)) t where t.count <= greatest(4 * t.least, 20);
    end if;
    if (level > small and work * (2 ^ (level - small + 1))::bigint > lexemes_max) or found_all >= matches_max then
      account := null;
      is_sample := true;
      return next;
      return;
    end if;
    prefix := (match_accounts.generation::bigint * 16 + level)::text || '.';
    return query select s.account, s.id,
        case when is_guess then round(900000 * public.word_similarity(question, s.naming))::integer
          else round(900000 * ts_rank(s.lexemes, replace(ranking, '?', prefix)::tsquery))::integer
            + case when ts_match_vq(s.lexemes, replace(whole, '?', prefix)::tsquery) then 1000000 else 0 end
            + case when question in (split_part(s.naming, E'\n', 1), split_part(s.naming, E'\n', 2)) then 2000000 else 0 end end, false
      from read.account_search s
      where s.lexemes @@ replace(rare, '?', prefix)::tsquery and (owner is null or s.owner_id = owner)
        and (rare = every or ts_match_vq(s.lexemes, replace(every, '?', prefix)::tsquery));
    get diagnostics found_now = row_count;
    found_all := found_all + found_now;
  end loop;
end $$;

-- A term for what a word may have meant: itself, or words that accounts have and that look like it.
create function read.respell(generation integer, term text, spelling text, words_max integer) returns text language plpgsql stable parallel safe
set search_path = pg_catalog set enable_bitmapscan = on set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off set plan_cache_mode = force_generic_plan set jit = off
set pg_trgm.similarity_threshold = 0.3 as $$
begin
  return concat_ws(' | ', term, (
    select string_agg('''?' || w.word || '''', ' | ') from (
      select a.word from read.account_words a where a.generation = respell.generation and a.spelling operator(public.%) respell.spelling
      order by public.similarity(a.spelling, respell.spelling) desc, a.accounts desc, a.word limit words_max) w));
end $$;

-- What a question finds: the accounts that have every word as it is; unless these are only a sample, those that have words which begin so (terms: they would rank behind the others, and cost more); and, when
-- nobody has the words as they are and fewer than few_max have such beginnings, those that have words which look like its own (1,000,000 less). An account may come more than once. loose: the terms with more of what may have been meant; spellings: of each term's word, null for one that is not to be respelled. filters: further terms, which do not rank.
create function read.search_accounts(generation integer, terms text[], loose text[], spellings text[], filters text[], owner text, ranking text, whole text, question text, matches_max integer, lexemes_max integer, few_max integer,
  out account integer, out id text, out score integer, out is_sample boolean)
returns setof record language plpgsql stable parallel safe set search_path = pg_catalog as $$
declare
  words_max constant integer := 8;
  one       record;
  found_all integer := 0;
  has_words boolean := false;
  has_more  boolean := false;
  respelled text[];
begin
  if cardinality(terms) = 0 then
    return;
  end if;
  for one in select m.* from read.match_accounts(search_accounts.generation, array(select replace(t.term, ':*', '') from unnest(terms) with ordinality as t(term, n) order by t.n) || filters,
      owner, ranking, whole, question, false, matches_max, lexemes_max) m loop
    account := one.account;
    id := one.id;
    score := one.score;
    is_sample := one.is_sample;
    has_words := true;
    has_more := has_more or one.is_sample;
    return next;
  end loop;
  if has_more then
    return;
  end if;
  for one in select m.* from read.match_accounts(search_accounts.generation, terms || filters, owner, ranking, whole, question, false, matches_max, lexemes_max) m loop
    account := one.account;
    id := one.id;
    score := one.score;
    is_sample := one.is_sample;
    found_all := found_all + 1;
    has_more := has_more or one.is_sample;
    return next;
  end loop;
  if has_words or found_all >= few_max or has_more then
    return;
  end if;
  select array_agg(case when t.spelling is null then t.term else read.respell(search_accounts.generation, t.term, t.spelling, words_max) end order by t.n) into respelled
    from unnest(loose, spellings) with ordinality as t(term, spelling, n);
  if respelled <> terms then
    return query select m.account, m.id, m.score - 1000000, m.is_sample
      from read.match_accounts(search_accounts.generation, respelled || filters, owner, ranking, whole, question, true, matches_max, lexemes_max) m;
  end if;
end $$;

-- Accounts whose id or name has a part, as `naming like pattern`; a null one when there are more than about matches_max, as soon as the levels so far say so, and when there is no generation to ask.
create function read.accounts_with_part(generation integer, pattern text, matches_max integer) returns setof integer language plpgsql stable parallel safe
set search_path = pg_catalog set enable_bitmapscan = on set enable_seqscan = off set enable_indexscan = off set enable_indexonlyscan = off set plan_cache_mode = force_generic_plan set jit = off as $$
declare
  levels_max constant integer := 12;
  -- So few may be chance.
  sure       constant integer := 20;
  found_now  integer;
  found_all  integer := 0;
begin
  if generation is null then
    return next null;
    return;
  end if;
  for l in 0..levels_max loop
    return query select s.account from read.account_search s where s.level = accounts_with_part.generation::bigint * 16 + l and s.naming like pattern;
    get diagnostics found_now = row_count;
    found_all := found_all + found_now;
    if found_all >= sure and found_all * (2 ^ (levels_max - l))::bigint > matches_max then
      return next null;
      return;
    end if;
  end loop;
end $$;

grant select, insert, update, delete on read.ledger_activity, read.daily_balances, read.account_search, read.account_words to ledgerflow_read_builder;
grant select on read.ledger_activity, read.daily_balances, read.account_search, read.account_words to ledgerflow_read_gateway;
select read.grant_verifier();
