import classes from './table.module.css';

/** So many characters at the end are always seen; the style sheet leaves room for them. */
const END = 8;
/** What is no longer than that is seen whole, or is told by its title. */
const SHORT = 2 * END;

/** An id in one line, in a font of even width: ids made one after the other begin alike, so what is cut is the middle. All of it is its title. */
export function EndKept({ children }: { children: string }) {
  if (children.length <= SHORT) return <span title={children}>{children}</span>;
  return (
    <span className={classes['whole'] ?? ''} title={children}>
      <span className={classes['beginning'] ?? ''}>{children.slice(0, -END)}</span>
      {children.slice(-END)}
    </span>
  );
}
