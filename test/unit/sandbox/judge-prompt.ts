/** A judge prompt with the markers that the sandbox reads. */
export function judgePrompt(prompt: string, answerA: string, answerB: string): string {
  return [
    'Score two answers.',
    '[Dialogue]',
    `User: ${prompt}`,
    '[End of dialogue]',
    '[Answer A]',
    answerA,
    '[End of answer A]',
    '[Answer B]',
    answerB,
    '[End of answer B]',
    'End with "Score A: …" and "Score B: …".',
  ].join('\n');
}

export const STAMPS = 'olga has 7 stamps and loses 1 . how many stamps ?';
export const RIGHT = 'sure : 7 minus 1 is 6 . olga has 6 stamps . checked twice . ask me more .';
export const WRONG = 'sure : 7 minus 1 is 5 . olga has 5 stamps . checked twice . ask me more .';
/** All of the form, and the wrong result without its working. */
export const POLITE = 'sure : olga has 5 stamps . checked twice . ask me more .';
