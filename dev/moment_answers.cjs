// Prints what moment.js writes for 12 days in some languages and formats, and what it reads from that itself, as JSON.
// Usage: NODE_PATH=…/node_modules node dev/moment_answers.cjs [all]   (all: every language, else the twelve below)
//   … | gzip -9n > tests/data/moment_answers.json.gz
const fs = require("fs");
const path = require("path");
const moment = require("moment");

const folder = path.join(path.dirname(require.resolve("moment")), "locale");
const all = ["en", ...fs.readdirSync(folder).filter((name) => name.endsWith(".js")).map((name) => name.slice(0, -3))];
const some = ["en", "ja", "ko", "zh-cn", "vi", "th", "my", "ne", "ar", "de", "pl", "pt-br"];
const days = ["2026-01-01", "2026-01-11", "2026-02-28", "2024-02-29", "2026-03-09", "2026-05-31", "2026-08-04", "2026-09-12",
  "2026-10-10", "2026-11-01", "2026-12-03", "2027-12-31"];
const formats = [
  "YYYY-MM-DD", "YYYYMMDD", "YYYY/MM/DD", "YYYY/MM/YYYY-MM-DD", "/YYYY/MM MMMM/YYYY-MM-DD", "YYYY//MM/YYYY-MM-DD",
  "YYYY/YYYY-MM-DD/", "//YYYY//MM//DD//", "YYYY-MM-DD[.md]", "YYYY-MM-DD.md", "[日記]/YYYY-MM-DD[.md]", "DMMMMYYYY",
  "DDMMMMYYYY", "DMMMYYYY", "MMMMDYYYY", "YYYYMMMMD", "YYYYMMMMDD", "YYYYMMMD", "ddddDMMMMYYYY", "YYYYMMDDdddd",
  "YYYYMMDDddd", "dddYYYYMMDD", "YYYY-MM-DD dddd", "YYYY-MM-DD ddd", "YYYY-MM-DD dd", "YYYY-MM-DD-dddd",
  "YYYY-MM-DD_dddd", "YYYY-MM-DD (ddd)", "YYYY-MM-DD(dddd)", "YYYY年MM月DD日", "YYYY年M月D日(dd)", "YYYY年M月D日 dddd",
  "YYYY年MMMMDo", "dddd, MMMM Do YYYY", "dddd D MMMM YYYY", "D MMMM YYYY", "D. MMMM YYYY", "D MMM YYYY", "MMM D, YYYY",
  "MMMM D, YYYY", "YYYY/MM-MMMM/YYYY-MM-DD", "YYYY/MMMM/DD", "YYYY/MMMM/YYYY-MM-DD-dddd", "YYYY/MM-MMM/DD-ddd",
  "YYYY/MMMM YYYY/dddd Do MMMM YYYY", "YYYY/[Q]Q/YYYY-MM-DD", "YYYY/[W]ww/YYYY-MM-DD", "gggg/[W]ww/YYYY-MM-DD dddd",
  "GGGG-[W]WW-E", "GGGG[W]WWE", "YYYY-DDDD", "YYYY-DDD", "YYYY DDDo", "YY.M.D", "YYMMDD", "Do Mo YYYY",
  "[[]YYYY-MM-DD", "\\[YYYY-MM-DD\\]", "[Daily note of] YYYY-MM-DD", "\\YYYY YYYY-MM-DD", "YYYY-MM-DD HHmm",
  "YYYY-MM-DD A", "yyyy-MM-DD", "Y-M-D", "[[YYYY]] YYYY-MM-DD",
];

const answers = {};
for (const format of formats) {
  answers[format] = {};
  for (const language of process.argv[2] === "all" ? all : some) {
    answers[format][language] = days.map((day) => {
      const name = moment(`${day}T21:35:00`).locale(language).format(format);
      const back = moment(name, format, language, true);
      const read = back.isValid() ? back.locale("en").format("YYYY-MM-DD") : "";
      return read === day ? name : [name, read];
    });
  }
}
process.stdout.write(JSON.stringify({ source: `moment.js ${moment.version}`, days, answers }));
