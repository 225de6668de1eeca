interface Paged {
  hasNextPage: boolean;
  isFetchNextPageError: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** How a table asks for the next page of a query. What failed is asked again by a person, not by the table. */
export const moreOf = ({ hasNextPage, isFetchNextPageError, isFetchingNextPage, fetchNextPage }: Paged) => ({
  more: hasNextPage && !isFetchNextPageError ? () => void fetchNextPage() : null,
  isLoadingMore: isFetchingNextPage,
});
