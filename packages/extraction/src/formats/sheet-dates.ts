import { readXml } from "./markup.ts";

/** What a number that is shown as a date has: a day, a time of the day, or both. */
export interface DateStyle {
  day: boolean;
  time: boolean;
}

/** The cell styles that show a number as a date, by their index. */
export type DateStyles = Map<number, DateStyle>;

const dayMs = 86_400_000;
/** Past the last day of the year 9999, the last one a workbook knows. */
const endSerial = 2_958_466;

/** The built-in number formats that are dates (ECMA-376 part 1, 18.8.30); the others up to 163 are not. */
function builtInStyle(id: number): DateStyle | undefined {
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 58)) {
    return { day: true, time: false };
  }
  if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || (id >= 45 && id <= 47))
    return { day: false, time: true };
  return id === 22 ? { day: true, time: true } : undefined;
}

/** Reads a workbook's styles part; without one no number is a date. */
export function readDateStyles(xml: Uint8Array | undefined): DateStyles {
  const styles: DateStyles = new Map();
  if (xml === undefined) return styles;
  const formats = new Map<number, DateStyle | undefined>();
  let inCells = false;
  let index = 0;
  readXml(xml, {
    open(name, { numFmtId, formatCode }) {
      if (name === "numFmt") formats.set(Number(numFmtId), parseFormatCode(formatCode ?? ""));
      else if (name === "cellXfs") inCells = true;
      else if (name === "xf" && inCells) {
        const id = Number(numFmtId);
        const style = formats.has(id) ? formats.get(id) : builtInStyle(id);
        if (style !== undefined) styles.set(index, style);
        index++;
      }
    },
    text() {},
    close(name) {
      if (name === "cellXfs") inCells = false;
    },
  });
  return styles;
}

/** What a format code such as `dd.mm.yyyy hh:mm` shows of a date; undefined when it shows a plain number. */
function parseFormatCode(code: string): DateStyle | undefined {
  // Quoted and escaped characters, colours and locales are no fields; [h] is: hours past 24. Only the first
  // of the up to four sections counts.
  const fields = code
    .slice(0, 255)
    .replace(/"[^"]*"|[\\_*]./g, "")
    .replace(/\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, "")
    .split(";", 1)[0];
  const day = /[yd]/i.test(fields ?? "");
  const time = /[hs]/i.test(fields ?? "");
  if (!day && !time) return /^m+$/i.test(fields?.trim() ?? "") ? { day: true, time: false } : undefined;
  return { day, time };
}

/**
 * Writes a serial date as `2026-11-21`, `13:45:00` or both; undefined when the number is no date a workbook can have.
 * Day 60 of the 1900 system is a 29 February that never was; days before it are one too low for that.
 */
export function renderSerialDate(serial: number, style: DateStyle, since1904: boolean): string | undefined {
  if (!(serial >= 0 && serial < endSerial)) return undefined;
  const days = since1904 ? serial + 1462 : serial < 60 ? serial + 1 : serial;
  const date = new Date(Date.UTC(1899, 11, 30) + Math.round((days * dayMs) / 1000) * 1000);
  const [day, time] = date.toISOString().split("T") as [string, string];
  const clock = time.slice(0, 8);
  if (!style.day) return serial < 1 ? clock : undefined;
  return style.time ? `${day} ${clock}` : day;
}
