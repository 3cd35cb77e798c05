/** A picture to be made. What is left out is up to the server. */
export interface ImageOrder {
  prompt: string;
  /** The model that the caller wants; the server's own setting comes first. */
  model?: string | undefined;
  size?: string | undefined;
  quality?: string | undefined;
  background?: string | undefined;
  outputFormat?: string | undefined;
  outputCompression?: number | undefined;
  moderation?: string | undefined;
  /** How many unfinished pictures are wanted before the whole; a server may send fewer, and more are not shown. */
  partialImages: number;
}

/** A picture, and what its server says of it. */
export interface MadeImage {
  /** Base64. */
  content: string;
  revisedPrompt?: string | undefined;
  size?: string | undefined;
  quality?: string | undefined;
  background?: string | undefined;
  outputFormat?: string | undefined;
  usage?: ImageTokens | undefined;
}

/** Tokens that a picture has cost, where its server counts them. */
export interface ImageTokens {
  input: number;
  inputImage: number;
  inputText: number;
  output: number;
  outputImage: number;
  outputText: number;
}

/** Makes pictures. */
export interface ImageMaker {
  /**
   * Makes one picture. `onPartial` is given unfinished ones, in base64, as they come. Throws an ApiError that says what the
   * server refused or why it failed, or the signal's reason when it is aborted.
   */
  make(order: ImageOrder, onPartial: (content: string) => void, signal: AbortSignal): Promise<MadeImage>;
}
