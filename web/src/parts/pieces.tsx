import { pieces } from '../hostile';

/** What a text holds, with what steers shown by its name. */
export const Pieces = ({ of }: { of: string }) =>
  pieces(of).map((piece, index) =>
    'text' in piece ? (
      piece.text
    ) : (
      <span key={index} className="mark" title={piece.title}>
        {piece.mark}
      </span>
    ),
  );

/** A sentence of ours: it may hold names, and what an endpoint said. */
export const Sentence = ({ children }: { children: string }) => (
  <bdi className="sentence">
    <Pieces of={children} />
  </bdi>
);
