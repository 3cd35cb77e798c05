import type { RecallDocument } from "./recall-set.ts";

/** History, music, language and travel: twenty, near each other on purpose. */
export const cultureDocuments: readonly RecallDocument[] = [
  {
    id: "rosetta-stone",
    text: "The Rosetta Stone bears one decree of the year 196 BC in three scripts: hieroglyphs, the cursive Demotic and Greek. French soldiers found it in 1799 in the wall of a fort in the Nile delta, and after their defeat it came to London. Thomas Young recognised royal names in the oval frames. Jean-François Champollion, who knew Coptic, saw in 1822 that the pictures mostly stand for sounds, and with that the writing of Egypt could be read after fourteen centuries of silence.",
  },
  {
    id: "printing-press",
    text: "Johannes Gutenberg's achievement was less the press, which he took over from wine making, than the casting of type. A hand mould produced any number of letters of exactly the same height from an alloy of lead, tin and antimony that hardens without shrinking. For it he needed a new ink, greasy instead of watery. Of the 180 Bibles of 1455 forty-nine survive. Within fifty years, twenty million books had been printed in Europe, more than scribes had copied in all the time before.",
  },
  {
    id: "black-death",
    text: "The plague reached the harbour of Messina in the autumn of 1347 aboard ships from the Black Sea, and within five years it killed between a third and a half of the people of Europe. It was carried by fleas and, in its pneumonic form, by breath. Because hands were scarce afterwards, wages rose and peasants could leave their lords, whatever laws were passed against it. Venice kept ships at anchor for forty days, and from the Italian word for forty we have quarantine.",
  },
  {
    id: "roman-concrete",
    text: "Harbour walls that the Romans built of concrete have stood in the surf for two thousand years, while ours crumble after fifty. They mixed lime with volcanic ash from the bay of Naples. Sea water that seeps into the mass dissolves the ash and lets crystals of tobermorite grow in the cracks, so that it becomes stronger with age. Lumps of quicklime, long held to be careless mixing, seem to heal fissures as they dissolve. There was no steel in it that could rust.",
  },
  {
    id: "silk-road",
    text: "The Silk Road was not a road but a net of caravan tracks between China and the Mediterranean, and hardly any merchant travelled its whole length: goods went from hand to hand between oasis towns. Along with silk, glass and horses went religions, paper and diseases. Its safest time was under the Mongols in the thirteenth century, when a seal from the Khan opened the way from Crimea to Beijing. When sailors found the sea route round Africa, the inland cities fell into decay.",
  },
  {
    id: "longitude-clock",
    text: "Sailors could find their latitude from the sun, but for longitude they needed to know the time at home. After a fleet ran aground off Scilly in 1707, Parliament offered twenty thousand pounds for a method. The carpenter John Harrison spent forty years on it. His fourth timekeeper, a large silver watch, was only five seconds slow after eighty-one days at sea to Jamaica. The astronomers on the board preferred the moon, and he got the last of the money only at the age of eighty.",
  },
  {
    id: "berlin-wall",
    text: "The wall through Berlin fell by mistake. On the evening of 9 November 1989 the spokesman of the party read out new rules for travel on live television, had not been told that they were to take effect the next day, and when asked answered: at once, without delay. Thousands went to the crossings. At Bornholmer Strasse the officer in charge could get no orders, was afraid of a crush, and towards half past eleven had the barrier raised.",
  },
  {
    id: "moon-landing-code",
    text: "Minutes before the first landing on the moon the computer of the lunar module raised alarm 1202. A radar switched on needlessly was stealing time from the processor, which had 74 kilobytes of memory. Margaret Hamilton's team had written the software so that in such a case it drops less important tasks and restarts with those that matter. A young engineer in Houston knew the alarm from a simulation and called go. Armstrong landed with fuel for less than half a minute.",
  },
  {
    id: "violin-varnish",
    text: "Why the violins of Antonio Stradivari sound as they do has been put down to the varnish, to wood that was floated in salt water, and to the cold decades in which the spruce grew slowly and dense. Chemical analysis shows an ordinary oil varnish, but wood treated with borax and metal salts against worms. In blind trials soloists could not tell the old instruments from good new ones, and more often than not preferred a new one to play on.",
  },
  {
    id: "piano-tuning",
    text: "A piano cannot be in tune in all keys with pure intervals. Twelve perfect fifths overshoot seven octaves by a quarter of a semitone, the Pythagorean comma. Equal temperament spreads the error by making every fifth a trifle narrow, at the price of thirds that are clearly too wide. The tuner listens for beats: so many a second between two strings. Bass and treble are stretched a bit beyond the octave, for stiff strings have overtones that are slightly sharp.",
  },
  {
    id: "jazz-improvisation",
    text: "A jazz player does not invent out of nothing. Under the solo run the chords of a tune that everyone knows, most often twelve bars of blues or thirty-two of a song, and each chord suggests notes that lie well. Beginners learn phrases by ear from records, turn them to other keys, and join them. Miles Davis turned this round in 1959: on Kind of Blue a single scale lasts for sixteen bars, which leaves more room for melody and for silence.",
  },
  {
    id: "opera-surtitles",
    text: "Until the eighties an opera was sung either in a translation that did not fit the melody, or in its own language that few in the hall understood. In 1983 the company in Toronto projected the text of Elektra above the stage. Conductors and critics protested that the public would read instead of watching. Within ten years almost every large house had it, and some have small screens in the seat in front that offer several languages and can be switched off.",
  },
  {
    id: "mandarin-tones",
    text: "In Mandarin the pitch of a syllable is part of the word: ma with a high level tone means mother, rising hemp, dipping horse, and falling to scold. Learners hear the tones better in pairs than alone, since each changes with its neighbour; two dipping ones in a row turn the first into a rising one. A sentence spoken with wrong tones is often still understood from the context. More than half of all languages use pitch in this way.",
  },
  {
    id: "sign-language",
    text: "Sign languages are not mime and not spoken language put into gestures. They have a grammar of their own that uses space: persons are given places in front of the body, and a verb moves from one to the other. Raised eyebrows turn a statement into a question. British and American signers do not understand each other, while the American form descends from the French. In Nicaragua deaf children at a new school created a full language within twenty years, under the eyes of linguists.",
  },
  {
    id: "loanwords",
    text: "English took its words for animals on the field from the Anglo-Saxon peasants who kept them, cow, pig and sheep, and those for the meat from the Norman lords who ate it: beef, pork and mutton. In the centuries after 1066 some ten thousand French words came in, above all for law, government and the table. Often both remained side by side, with the French one the more formal, as in begin and commence or ask and demand.",
  },
  {
    id: "esperanto",
    text: "Ludwik Zamenhof, an eye doctor from Białystok, where four peoples quarrelled in four tongues, published the plan for Esperanto in 1887. It has sixteen rules without exception; every noun ends in -o, every adjective in -a, and small prefixes make many words out of one root. About a hundred thousand people use it actively, and a few hundred have grown up with it. Critics note that its vocabulary is almost entirely European. It was persecuted under both Hitler and Stalin.",
  },
  {
    id: "night-train",
    text: "Night trains are coming back in Europe after low-cost flights had almost ended them. A berth in a couchette costs about as much as a simple hotel room, which one saves. Book early, as the cars are few and prices climb with demand. The lower bunks have more headroom, the upper ones more peace. Keep the ticket and passport at hand, for the attendant collects them on some lines, and bolt the door. A connection planned for the morning should leave an hour in reserve.",
  },
  {
    id: "visa-schengen",
    text: "Visitors who need no visa may stay in the Schengen area for ninety days within any hundred and eighty. The window moves along with each day: look back 180 days from today and count the days spent inside, those of arrival and departure included. Going to Croatia or Switzerland for a weekend does not stop the count, for both belong to it, unlike Ireland or Cyprus. Overstaying may be punished with a fine and a ban on entry for several years.",
  },
  {
    id: "camino-packing",
    text: "On the way to Santiago no rucksack should weigh more than a tenth of its bearer. Two sets of clothes are enough, one to wear and one to dry. Most pilgrims who give up do so because of blisters: shoes a size too large, two thin pairs of socks and a stop at the first rubbing spot prevent them. From June to September the hostels fill by two in the afternoon. The credential is stamped once a day, and twice on the last hundred kilometres.",
  },
  {
    id: "tipping-customs",
    text: "In Japan a tip embarrasses the waiter, who may run after you to give the money back. In the United States servers live on it, and less than fifteen percent is taken as a complaint. In Germany one rounds up and says the sum while paying rather than leaving coins on the table. In France service is included by law, and a euro or two on the plate is a kindness. If in doubt, watch what the next table does.",
  },
];
