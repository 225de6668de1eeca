/** For the builder, and for who proves what it wrote. */
export { bootstrapReadModel, type ReadModelUrls } from '../bootstrap.ts';
export { run, statement } from '../statement.ts';
export { BUILDER_SESSION_SETTINGS, READ_MIGRATIONS, REBUILD_SESSION_SETTINGS } from '../schema.ts';
export { askRebuild, REBUILD_RATE_MAX, RebuildRefusedError } from '../queries/rebuilds.ts';
export { REPAIRED_IN_PLACE } from '../queries/projection-states.ts';
export { APPLIED_CHANNEL } from '../waiter/applied-positions.ts';
export { BLOCK_LEVEL_MAX, blockBits, completedBlocks, type BlockRange } from './account-statement/corrections.ts';
export { levelOf, lexemesOf, namingOf, vocabularyOf, type SearchTexts } from './account-search/lexemes.ts';
export { metadataText } from './account-search/project.ts';
export { encoded } from './account-search/text.ts';
export { numbers, texts } from './columns.ts';
export {
  ProjectionError,
  type AccountProjection,
  type GenerationChanges,
  type LedgerProjection,
  type PassedEvent,
  type RowDifference,
  type Projection,
  type Tally,
} from './projection.ts';
export { BUCKET_MICROS } from './ledger-activity/project.ts';
export { Witness } from './witness.ts';
export { PROJECTIONS } from './registry.ts';
export { rowDigest } from './tallies.ts';
export {
  holdProjections,
  moveProjections,
  openProjections,
  readProjections,
  readProjectionsOf,
  recomputeDigest,
  type LiveProjection,
  type LiveProjections,
  type ProjectionCheck,
  type ProjectionMove,
} from './state.ts';
