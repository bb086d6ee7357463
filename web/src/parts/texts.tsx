import type { Prompt } from '../../../src/dashboard/schemas/battles';
import type { Text } from '../../../src/dashboard/schemas/common';
import { apiPath } from '../api';
import { grouped } from '../format';
import { plainName } from '../hostile';
import { Card, Name } from './basic';
import { Pieces } from './pieces';

/** A text of a model or judge: text and nothing else, whatever is in it. A long one is cut, and whole in a tab of its own. */
export function LongText({ text, label, whole }: { text: Text; label: string; whole?: string }) {
  const cut = text.characters > text.text.length;
  return (
    <>
      {text.characters === 0 ? (
        <p className="quiet">(empty)</p>
      ) : (
        // Scrolls by itself where it is long, so the keyboard must reach it.
        <pre className="model-text" dir="auto" tabIndex={0} aria-label={label} role="group">
          <Pieces of={text.text} />
        </pre>
      )}
      {cut && (
        <p className="note">
          The first {grouped(text.text.length)} of {grouped(text.characters)} characters.{' '}
          {whole !== undefined && (
            <a href={whole} target="_blank" rel="noreferrer">
              The whole text
            </a>
          )}
        </p>
      )}
    </>
  );
}

/** The same in one line of a table. */
export const TextLine = ({ children }: { children: string }) => (
  <bdi className="text-line">
    <Pieces of={children.replace(/\s+/g, ' ')} />
  </bdi>
);

/** A prompt's turns; category, file and the id there are free text of whoever wrote the file. */
export function PromptCard({ prompt, parts }: { prompt: Prompt; parts?: readonly string[] }) {
  const origin = [prompt.category, prompt.source, prompt.originalId].filter((one) => one !== null && one !== '');
  return (
    <Card
      title="Prompt"
      side={
        <span className="note">
          <Name>{origin.join(' · ')}</Name>
          {parts !== undefined && ` · ${parts.join('; ')}`}
        </span>
      }
    >
      {prompt.turns.map(({ role, text }, index) => (
        <div key={index} className="turn">
          <span className="turn-role">{plainName(role)}</span>
          <LongText
            text={text}
            label={`${role}, turn ${index + 1}`}
            whole={apiPath('/prompt/turn', { prompt: prompt.id, turn: index + 1 })}
          />
        </div>
      ))}
    </Card>
  );
}
