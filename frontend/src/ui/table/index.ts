export { saveFile, toCsv } from './csv.ts';
export { type Column, DataTable, type DataTableProps, ROW_HEIGHT } from './data-table.tsx';
export { ExportButton, type ExportProps } from './export.tsx';
