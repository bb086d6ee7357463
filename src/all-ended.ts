/** As `Promise.all`, but where one fails the others end first: what they buy is stored before the caller tries again. */
export async function allEnded<T extends readonly unknown[]>(promises: {
  [Index in keyof T]: Promise<T[Index]>;
}): Promise<T> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
