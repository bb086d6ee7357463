import { OpenAPIHono, z } from '@hono/zod-openapi';

/** An error as the API tells it: one sentence that says what is wrong and how to mend it. */
export const errorSchema = z.object({ error: z.string() }).openapi('Error');

/** A group of routes; input that does not match is refused with its place. */
export function routes(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result, context) => {
      if (result.success) return undefined;
      const sentences = result.error.issues.map(
        ({ path, message }) => `${path.map(String).join('.') || 'input'}: ${message}`,
      );
      return context.json({ error: sentences.join('; ') }, 400);
    },
  });
}

/** The answers of a route: what it gives, and how it refuses. */
export const answers = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  200: { description, content: { 'application/json': { schema } } },
  400: {
    description: 'The request is not right; the sentence says where.',
    content: { 'application/json': { schema: errorSchema } },
  },
  404: { description: 'There is no such thing.', content: { 'application/json': { schema: errorSchema } } },
});

/** What the address names does not exist: 404 with its sentence. */
export class NotThere extends Error {
  readonly isNotThere = true;
  override readonly name = 'NotThere';

  static isInstance(error: unknown): error is NotThere {
    return typeof error === 'object' && error !== null && 'isNotThere' in error;
  }
}

/** Where a run's id stands in a path: it is free text, percent-encoded. */
export const runParam = z.object({
  run: z
    .string()
    .min(1)
    .max(1000)
    .openapi({ param: { name: 'run', in: 'path' }, description: "a run's id", example: 'my-run' }),
});
