export { saveFile, toCsv } from './csv.ts';
export { type Column, DataTable, type DataTableProps, fileColumn } from './data-table.tsx';
export { EndKept } from './end-kept.tsx';
export { EXPORT_PAGE, ExportButton, type ExportProps } from './export.tsx';
export { ListAge } from './list-age.tsx';
export { OneLine } from './one-line.tsx';
export { moreOf } from './pages.ts';
