/** A text, and what it was when it was read. */
export interface Stored {
  readonly text: string;
  /** Changes with every change of the text. */
  readonly generation: string;
}

/** Small texts by key, which outlive the program. Keys are lower-case words with slashes. */
export interface Store {
  read(key: string): Promise<Stored | undefined>;
  /** Durable when it resolves. False: it is there already, and stays. */
  create(key: string, text: string): Promise<boolean>;
  /** False: it is not what was read any more. */
  replace(key: string, text: string, generation: string): Promise<boolean>;
  /** Also where there is nothing. */
  remove(key: string): Promise<void>;
  /** Keys below a prefix that ends with a slash, sorted. */
  list(prefix: string): Promise<readonly string[]>;
}
