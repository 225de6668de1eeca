/**
 * ISO 4217 codes with their minor units. Consulted only when a currency joins a ledger; from then on its scale is read from the log,
 * so a later edition of the standard changes no history.
 */
const BY_SCALE: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP ' +
    'DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL ' +
    'MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP ' +
    'SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const SCALES: ReadonlyMap<string, number> = new Map(
  Object.entries(BY_SCALE).flatMap(([scale, codes]) => codes.split(' ').map((code) => [code, Number(scale)] as const)),
);

/** Decimals of an ISO 4217 currency, or undefined for any other code. */
export function isoScale(code: string): number | undefined {
  return SCALES.get(code);
}

/** A custom asset may have up to this many decimals. */
export const SCALE_MAX = 18;
