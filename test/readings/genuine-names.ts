/** Names of many states as pages print them, as the model normalises them, and as the MRZ has them. */
import type { Page } from "./build-reading.ts";

/** Surname and given names as printed, the name field of the MRZ, the issuing state. */
type Name = readonly [surname: string | null, givenNames: string | null, mrz: string, state?: string];

const NAMES: readonly Name[] = [
  ["O'CONNOR-SMYTHE", "SEÁN", "OCONNOR<SMYTHE<<SEAN", "IRL"],
  ["D’ARTAGNAN", "JEAN-LUC", "DARTAGNAN<<JEAN<LUC", "FRA"],
  ["D' ARTAGNAN", "JEAN - LUC", "DARTAGNAN<<JEAN<LUC", "FRA"],
  ["DELL'ACQUA", "NICOLÒ", "DELLACQUA<<NICOLO", "ITA"],
  ["DELL’ ACQUA", "NICOLÒ", "DELLACQUA<<NICOLO", "ITA"],
  ["Ní Dhuibhir", "Ó Briain", "NI<DHUIBHIR<<O<BRIAIN", "IRL"],
  ["SMITH-JONES-O’NEIL-BROWN", "ANNE-MARIE-ROSE", "SMITH<JONES<ONEIL<BROWN<<ANNE<MARIE<ROSE"],
  ["VAN DER BERG", "JAN", "VAN<DER<BERG<<JAN", "NLD"],
  ["de Bruijn e/v van Dijk", "Sophie", "DE<BRUIJN<<SOPHIE", "NLD"],
  ["ĲSSELSTEĲN", "MARĲKE", "IJSSELSTEIJN<<MARIJKE", "NLD"],
  ["IJSSELSTEIJN", "'S-GRAVENHAGE", "IJSSELSTEIJN<<S<GRAVENHAGE", "NLD"],
  ["ÞORVALDSDÓTTIR", "GUÐRÚN ÆSA", "THORVALDSDOTTIR<<GUDRUN<AESA", "ISL"],
  ["JÖKULSSON", "BJÖRN", "JOEKULSSON<<BJOERN", "ISL"],
  ["GARCÍA LORCA", "MARÍA DE LOS ÁNGELES", "GARCIA<LORCA<<MARIA<DE<LOS<ANGELES", "ESP"],
  ["NÚÑEZ DE LA FUENTE Y ÁLVAREZ", "ÍÑIGO", "NUNEZ<DE<LA<FUENTE<Y<ALVAREZ<<INIGO", "ESP"],
  ["MUÑOZ", "PEÑA", "MUNXXOZ<<PENXXA", "ESP"],
  ["AGÜERO", "ARGÜELLES", "AGUERO<<ARGUELLES", "ARG"],
  ["COL·LELL", "MERITXELL", "COLLELL<<MERITXELL", "AND"],
  ["GONÇALVES DA CONCEIÇÃO", "JOÃO", "GONCALVES<DA<CONCEICAO<<JOAO", "PRT"],
  [null, "RAVI KUMAR", "<<RAVI<KUMAR", "IND"],
  [null, "RAVI KUMAR", "RAVI<KUMAR", "IND"],
  ["SIVAKUMAR", null, "SIVAKUMAR", "IND"],
  ["RAVI", null, "<<RAVI", "IND"],
  ["SUKARNO", null, "SUKARNO", "IDN"],
  ["AHMAD BIN ABDULLAH", null, "AHMAD<BIN<ABDULLAH", "MYS"],
  [null, "NURUL HUDA BINTI AHMAD", "NURUL<HUDA<BINTI<AHMAD", "MYS"],
  ["TAN", "AH KOW", "TAN<AH<KOW", "SGP"],
  ["KHAN", "MUHAMMAD ALI", "MUHAMMAD<ALI<KHAN", "PAK"],
  ["ŁĄCZKOWSKA-ŻÓŁĆ", "MAŁGORZATA", "LACZKOWSKA<ZOLC<<MALGORZATA", "POL"],
  ["ȘTEFĂNESCU", "ȚUGUREL-IONUȚ", "STEFANESCU<<TUGUREL<IONUT", "ROU"],
  ["ŞTEFĂNESCU", "ŢUGUREL", "STEFANESCU<<TUGUREL", "ROU"],
  ["ĦAŻ-ŻEBBUĠ", "ĊENSU", "HAZ<ZEBBUG<<CENSU", "MLT"],
  ["ĐOKOVIĆ", "ŽELJKO", "DOKOVIC<<ZELJKO", "HRV"],
  ["ŘEHOŘOVÁ", "JIŘINA", "REHOROVA<<JIRINA", "CZE"],
  ["HŐGYÉSZ", "GYÖRGYI", "HOGYESZ<<GYOERGYI", "HUN"],
  ["KÕIV", "ÄIDE", "KOIV<<AEIDE", "EST"],
  ["ÅSTRÖM", "PÄR", "AASTROEM<<PAER", "SWE"],
  ["ØSTERGÅRD", "SØREN", "OESTERGAARD<<SOEREN", "DNK"],
  ["WEIß", "JÖRG", "WEISS<<JOERG", "D"],
  ["MÜLLER", "ÄNNE", "MUELLER<<AENNE", "AUT"],
  ["DR. MÜLLER", "HEINZ", "MUELLER<<HEINZ", "D"],
  ["HOFFMANN\nGEB. GABLER", "ERIKA", "HOFFMANN<<ERIKA", "D"],
  ["GARCÍA\nLORCA", "MARÍA\nJOSÉ", "GARCIA<LORCA<<MARIA<JOSE", "ESP"],
  ["VON DER LEYEN", "RÖSCHEN", "VON<DER<LEYEN<<ROESCHEN", "D"],
  ["NGUYỄN", "THỊ ÁNH ĐÀO", "NGUYEN<<THI<ANH<DAO", "VNM"],
  ["ÖZTÜRK", "İBRAHİM ÇAĞRI", "OZTURK<<IBRAHIM<CAGRI", "TUR"],
  ["ÖZTÜRK", "IŞIL", "OEZTUERK<<ISIL", "TUR"],
  ["O‘KTAMOV", "G‘AYRAT", "OKTAMOV<<GAYRAT", "UZB"],
  ["OʻZBEKOV", "MAʼRUF", "OZBEKOV<<MARUF", "UZB"],
  ["KEALIʻI", "KAʻIULANI", "KEALII<<KAIULANI", "USA"],
  ["HONG", "GIL-DONG", "HONG<<GIL<DONG", "KOR"],
  ["HONG", "GILDONG", "HONG<<GILDONG", "KOR"],
  ["WANG", "YU-HSUAN", "WANG<<YU<HSUAN", "TWN"],
  ["ST. JOHN", "J. R. R.", "ST<JOHN<<J<R<R"],
  ["SMITH JR.", "MARTIN LUTHER", "SMITH<<MARTIN<LUTHER", "USA"],
  ["SMITH III", "WILLIAM", "SMITH<III<<WILLIAM", "USA"],
  ["DELA CRUZ", "MA. TERESA", "DELA<CRUZ<<MA<TERESA", "PHL"],
  ["AL-MANSOORI", "MOHAMMED", "AL<MANSOORI<<MOHAMMED", "ARE"],
  ["KRASNIQI", "BUJAR", "KRASNIQI<<BUJAR", "RKS"],
  ["ПЕТРЕНКО/PETRENKO", "ЮРІЙ/YURII", "PETRENKO<<YURII", "UKR"],
  ["ΠΑΠΑΔΟΠΟΥΛΟΣ\nPAPADOPOULOS", "ΓΕΩΡΓΙΟΣ\nGEORGIOS", "PAPADOPOULOS<<GEORGIOS", "GRC"],
  ["ერქომაიშვილი / ERKOMAISHVILI", "ნინო / NINO", "ERKOMAISHVILI<<NINO", "GEO"],
  ["WANG/王", "小明/XIAOMING", "WANG<<XIAOMING", "CHN"],
  ["ƏLİYEV", "HÜSEYN", "ALIYEV<<HUSEYN", "AZE"],
  ["BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL", "DINGO POTOROO", "BENNELONG<WOOLOOMOOLOO<WARRAND<<DINGO<PO", "AUS"],
  ["PAPANDROPOULOUS", "JONATHON WARREN TREVOR", "PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR", "AUS"],
  ["NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG KRASUANG", "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K", "THA"],
  ["NILAVADHANANANDA", "ARNPOL PETCHARAT KRASUANG", "NILAVADHANANANDA<<ARNPOL<PETCHARAT<KRAS", "THA"],
];

const printedName = (name: string | null): string | null | [string, string] => {
  if (name === null) return null;
  const latin = name.split(/[/\n]/).find((part) => /\p{Script=Latin}/u.test(part));
  // The model normalises what is printed in two scripts to the Latin one.
  return /\p{Script=Latin}/u.test(name) && /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u.test(name)
    ? [name, (latin ?? name).trim()]
    : [name, name.replaceAll("\n", " ")];
};

/** Pages that are genuine, with names of any form. */
export const PAGES_OF_NAMES: readonly Page[] = NAMES.map(([surname, givenNames, names, state = "GBR"]) => ({
  names,
  state,
  printed: { surname: printedName(surname), givenNames: printedName(givenNames) },
}));
