/** All orders of a list. */
export function orders<T>(list: T[]): T[][] {
  if (list.length < 2) return [list];
  return list.flatMap((first, index) => {
    const others = list.filter((_, other) => other !== index);
    return orders(others).map((rest) => [first, ...rest]);
  });
}
