/** What browsers have and jsdom lacks. Loaded before every test; one without a document has nothing of it. */
import { webcrypto } from 'node:crypto';
import { TextDecoder, TextEncoder } from 'node:util';
import { ReadableStream, TransformStream } from 'node:stream/web';

if (typeof window !== 'undefined') {
  Object.assign(globalThis, { TextDecoder, TextEncoder, ReadableStream, TransformStream });
  Object.defineProperty(crypto, 'subtle', { value: webcrypto.subtle });
  window.matchMedia = ((media: string) => ({
    matches: false,
    media,
    onchange: null,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    dispatchEvent: () => false,
  })) as unknown as typeof window.matchMedia;
  window.ResizeObserver = class {
    observe(): void {}
    unobserve(): void {}
    disconnect(): void {}
  };
  Element.prototype.scrollIntoView = () => undefined;
  window.scrollTo = () => undefined;
  Object.assign(document, { fonts: new EventTarget() });
}
