/** Asks, but does not wait longer than this. A late answer is kept for the next question. */
export interface PatientProps<T> {
  readonly ask: () => Promise<T>;
  /** Who is asked, for the error. */
  readonly whom: string;
  readonly patienceMs: number;
  /** Called when a late answer has arrived. */
  readonly arrived: () => void;
}

interface Asked<T> {
  readonly answer: Promise<T>;
  late: boolean;
}

const LATE = Symbol('late');

/**
 * Keeps a source that hangs from holding up all others.
 * @throws Error of the question, or one that says that there is no answer yet
 */
export function patient<T>({ ask, whom, patienceMs, arrived }: PatientProps<T>): () => Promise<T> {
  let asked: Asked<T> | undefined;

  function begin(): Asked<T> {
    const mine: Asked<T> = { answer: ask(), late: false };
    const announce = () => {
      if (mine.late) arrived();
    };
    mine.answer.then(announce, announce);
    return mine;
  }

  return async () => {
    asked ??= begin();
    const mine = asked;
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<typeof LATE>((resolve) => {
      timer = setTimeout(resolve, patienceMs, LATE);
    });
    try {
      const first = await Promise.race([mine.answer, end]);
      if (first !== LATE) {
        asked = undefined;
        return first;
      }
    } catch (error) {
      asked = undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
    mine.late = true;
    throw new Error(`${whom}: no answer within ${patienceMs} ms`);
  };
}
