import { z } from '@hono/zod-openapi';

export const sessionSchema = z
  .object({
    guarded: z.boolean().describe('whether a token is asked for'),
    signedIn: z.boolean(),
    csrf: z.string().nullable().describe('to send as X-CSRF-Token with every change; null while signed out'),
    version: z.string(),
    temporalUi: z.string().nullable().describe("address of the Temporal UI's workflows, where it is known"),
  })
  .openapi('Session');
export type Session = z.infer<typeof sessionSchema>;

export const signInSchema = z.object({ token: z.string().min(1).max(1000) }).openapi('SignIn');
