import { OWN_BAND } from '../../contracts/split.ts';
import { FULL_WEIGHT, toBasisPoints } from '../../contracts/weight.ts';

/** The share in basis points that a document gives a release; 0 for one that it gives nothing, undefined for an unknown model. */
export type AppliedShares = (model: string, release: string) => number | undefined;

const MODEL =
  /^ *# (\S+): .*\n *split_clients "[^"]*" \$fleet_band_(\w+) \{\n([^}]*)\}(?:\n *split_clients "[^"]*" \$fleet_own_\2 \{\n([^}]*)\})?/gm;
const ARM = /^ *(\*|[\d.]+%) (\S+);$/gm;

/** Reads the splits back from a router document: what nginx does, whatever any file says. */
export function sharesOfDocument(document: string): AppliedShares {
  const models = new Map<string, ReadonlyMap<string, number>>();
  for (const [, model = '', , band = '', own = ''] of document.matchAll(MODEL)) {
    const bands = armsOf(band);
    const ownShare = bands.get(OWN_BAND) ?? 0;
    const shares = new Map([...bands].filter(([name]) => name !== OWN_BAND));
    for (const [name, share] of armsOf(own)) shares.set(name, Math.round((share * ownShare) / FULL_WEIGHT));
    models.set(model, shares);
  }
  return (model, release) => {
    const shares = models.get(model);
    return shares === undefined ? undefined : (shares.get(release) ?? 0);
  };
}

function armsOf(block: string): Map<string, number> {
  const arms = new Map<string, number>();
  let rest = FULL_WEIGHT;
  for (const [, share = '', name = ''] of block.matchAll(ARM)) {
    const points = share === '*' ? rest : toBasisPoints(Number(share.replace('%', '')));
    arms.set(name, points);
    rest -= points;
  }
  return arms;
}
