/** Twice the size on the screen, so that it is sharp on paper. */
const SCALE = 2;
const MARGIN = 16;
const TITLE = 34;

/** Saves a chart as a PNG file, with its title above it; drawn by the browser itself, nothing leaves it. */
export async function savePng(
  svg: SVGSVGElement,
  name: string,
  { title, paper, ink }: { title: string; paper: string; ink: string },
): Promise<void> {
  const { width, height } = svg.getBoundingClientRect();
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  copy.setAttribute('color', ink);
  copy.setAttribute('font-family', 'system-ui, sans-serif');
  copy.setAttribute('font-size', '12');
  const source = URL.createObjectURL(
    new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml;charset=utf-8' }),
  );
  try {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = (width + 2 * MARGIN) * SCALE;
    canvas.height = (height + TITLE + MARGIN) * SCALE;
    const context = canvas.getContext('2d');
    if (!context) return;
    context.scale(SCALE, SCALE);
    context.fillStyle = paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = ink;
    context.font = '600 15px system-ui, sans-serif';
    context.fillText(title, MARGIN, 24, width);
    context.drawImage(image, MARGIN, TITLE, width, height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob) saveBlob(blob, name);
  } finally {
    URL.revokeObjectURL(source);
  }
}

function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
