// Prints daemon/vault/moment_names.json: every name that moment.js writes into a date, in all of its languages.
// Usage: node dev/moment_names.cjs FOLDER… > daemon/vault/moment_names.json
// where each FOLDER is a package "moment" of npm: 2.29.4, which is Obsidian's own, and the newest.
const fs = require("fs");
const path = require("path");

const fold = (text) => text.normalize("NFC").replace(/[\u00a0\u202f]/g, " ");
// A name may be written otherwise in another place of a date (genitive, a dot or none), so each is asked for in several.
const around = (token) => [
  token, `D ${token}`, `D. ${token}`, `D${token}`, `${token} YYYY`, `D ${token} YYYY`, `D-${token}-YYYY`, `D.${token}.`,
  `YYYY-${token}`, `[x] ${token}`, `[x]${token}`, `${token}[x]`, `Do ${token}`, `DD ${token}`, `dddd, D ${token}`, `${token} D, YYYY`, `dddd, ${token} Do`,
];
const months = {};
const spoken = {}; // lower-case name → month → languages
const weekdays = {};
const meridiems = new Set();
const ordinals = new Set();

const versions = process.argv.slice(2).map((folder) => {
  const moment = require(path.resolve(folder));
  const files = fs.readdirSync(path.join(folder, "locale")).filter((name) => name.endsWith(".js"));
  for (const language of ["en", ...files.map((name) => name.slice(0, -3))]) {
    moment.locale(language);
    const data = moment.localeData();
    for (let month = 0; month < 12; month++) {
      const day = moment([2026, month, 5]);
      for (const token of ["MMMM", "MMM"]) {
        for (const format of around(token)) {
          const said = token === "MMMM" ? data.months(day, format) : data.monthsShort(day, format);
          const name = fold(data.postformat(said));
          (months[name] = months[name] || new Set()).add(month + 1);
          const low = name.toLowerCase();
          spoken[low] = spoken[low] || {};
          (spoken[low][month + 1] = spoken[low][month + 1] || new Set()).add(language);
        }
      }
    }
    for (let number = 0; number < 7; number++) {
      const day = moment([2026, 0, 4 + number]);
      for (const [token, ask] of [["dddd", "weekdays"], ["ddd", "weekdaysShort"], ["dd", "weekdaysMin"]]) {
        for (const format of [...around(token), `[ ] ${token}`]) {
          const name = fold(data.postformat(data[ask](day, format)));
          (weekdays[name] = weekdays[name] || new Set()).add(number);
        }
      }
    }
    for (let minute = 0; minute < 1440; minute += 10) {
      for (const lower of [true, false]) meridiems.add(fold(data.postformat(data.meridiem(minute / 60 | 0, minute % 60, lower))));
    }
    for (const [token, last] of [["D", 31], ["M", 12], ["DDD", 366], ["w", 53], ["W", 53], ["Q", 4], ["d", 6]]) {
      for (let number = token === "d" ? 0 : 1; number <= last; number++) {
        const said = fold(String(data.ordinal(number, token)));
        ordinals.add(said.replace(String(number), "#"));
      }
    }
  }
  return moment.version;
});

const table = (meanings) =>
  Object.keys(meanings).sort().map((name) => `  ${JSON.stringify(name)}: [${[...meanings[name]].sort()}]`).join(",\n");
// Polish has ten times the speakers of Croatian.
const weight = (languages) => languages.size + (languages.has("pl") ? 1 : 0);
const ambiguous = Object.keys(spoken).filter((name) => Object.keys(spoken[name]).length > 1).sort().map((name) => {
  const meanings = Object.entries(spoken[name]).sort(([, one], [, other]) => weight(other) - weight(one));
  return `  ${JSON.stringify(name)}: [${meanings.map(([month, by]) => JSON.stringify([Number(month), [...by].sort()])).join(", ")}]`;
});
const list = (names) => [...names].filter(Boolean).sort().map((name) => `  ${JSON.stringify(name)}`).join(",\n");
const numbered = [...ordinals].filter((name) => name.includes("#"));
console.log(`{\n "source": "moment.js ${versions.join(" and ")} (MIT), written by dev/moment_names.cjs",`);
console.log(` "months": {\n${table(months)}\n },\n "ambiguous": {\n${ambiguous.join(",\n")}\n },\n "weekdays": {\n${table(weekdays)}\n },`);
console.log(` "meridiems": [\n${list(meridiems)}\n ],\n "ordinals": [\n${list(numbered)}\n ]\n}`);
