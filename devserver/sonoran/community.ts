/**
 * One community as one product knows it. The stand-in reads these at every call, so a test may change
 * them while it runs: rotate a key, lose a plan, switch v2 off.
 */
export interface CommunitySettings {
  communityId: string;
  apiKey: string;
  /** `documented`: the ceilings of the vendor's pages, on the stand-in's clock. `off`: none at all. */
  limits: 'documented' | 'off';
  /** Whether the community's plan includes the API. */
  apiEnabled: boolean;
  /** Calls that the plan lacks although it has the API, by name: `GET_COM_ACCOUNT` needs more than `CHECK_COM_APIID`. */
  lacks: readonly string[];
  /** `on`, or the status with which every v2 call is answered where v2 is not there. */
  v2: 'on' | 404 | 501;
  /** Whether CAD v2 knows the fields `discord` and `roblox`, which stand on the vendor's newer pages only. */
  discordField: boolean;
  /** CMS v1 answers "not linked" with 400 on some of the vendor's pages and with 404 on others. */
  notLinkedStatus: 400 | 404;
  /** Whether a 429 carries `Retry-After`. `sometimes`: every second one, beginning without. */
  retryAfterHeader: 'always' | 'never' | 'sometimes';
  /** How long CMS v1 blocks a caller that went over, in ms: an hour, on the vendor's staging host a minute. */
  blockMs: number;
}

/** @returns full settings: what is given, the rest as a paying community with working credentials has it. */
export function communitySettings(
  product: 'cms' | 'cad',
  given: Partial<CommunitySettings> = {},
): CommunitySettings {
  return {
    communityId: `demo-${product}-community`,
    apiKey: `stand-in-${product}-api-key`,
    limits: 'documented',
    apiEnabled: true,
    lacks: [],
    v2: 'on',
    discordField: true,
    notLinkedStatus: 400,
    retryAfterHeader: 'sometimes',
    blockMs: 3_600_000,
    ...given,
  };
}
