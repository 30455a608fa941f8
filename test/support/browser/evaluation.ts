// Values out of pages as JSON text, so that all three drivers give the same.

/** An expression whose value is a promise of a text, which `valueOf` reads; it never rejects. */
export function guarded(expression: string): string {
  return `(async () => {
    try {
      return JSON.stringify({ value: await (${expression}\n) });
    } catch (error) {
      const stack = String(error?.stack ?? "");
      return JSON.stringify({ error: stack.includes(String(error)) ? stack : String(error) + "\\n" + stack });
    }
  })()`;
}

export function valueOf<T>(text: string): T {
  const { value, error } = JSON.parse(text) as { value: T; error?: string };
  if (error !== undefined) throw new Error(error);
  return value;
}
