import type { RecallDocument } from "./recall-set.ts";

/** Health and sport: twenty, near each other on purpose. */
export const bodyDocuments: readonly RecallDocument[] = [
  {
    id: "sleep-caffeine",
    text: "Caffeine keeps us awake by sitting in the receptors for adenosine, a substance that gathers in the brain during the day and makes us tired. It does not remove the adenosine: when the effect ends, all that has built up meanwhile arrives at once. Half of a cup's dose is still in the blood after five to six hours, in pregnancy much longer. Who goes to bed at eleven should therefore have the last espresso shortly after lunch.",
  },
  {
    id: "jet-lag",
    text: "Jet lag is worse when flying east, as the inner clock finds it easier to lengthen the day than to shorten it. Light is the strongest means of resetting it. After a flight to the east seek the sun in the late morning and avoid it at daybreak; after a flight to the west stay outside in the evening. Half a milligram of melatonin at the local bedtime helps some travellers. As a rule one day is needed for each hour of difference.",
  },
  {
    id: "blood-pressure-measure",
    text: "A blood pressure reading at home is worth more than one in the surgery, where many are tense. Sit for five minutes with your back supported, both feet on the floor and the cuff at the height of the heart; do not talk. Measure twice, a minute apart, in the morning before any tablets and again in the evening, and write down the mean of a week. Values from 135 to 85 upwards count as raised. A cuff that is too small shows too much.",
  },
  {
    id: "antibiotic-resistance",
    text: "Antibiotics act on bacteria and do nothing against colds or influenza, which are caused by viruses. Each course kills the susceptible germs in the gut and leaves the hardy ones behind, which can hand on their genes to others. Used too often, in people as on farms, the drugs lose their power: in 2019 more than a million people died of infections that nothing would cure. Newer trials show that for many illnesses a shorter course does as well as a long one.",
  },
  {
    id: "vaccine-memory",
    text: "A vaccine shows the immune system a harmless piece of a germ, or the plan for one. Cells that happen to fit it multiply, and after the reaction has died down some thousands remain for years as memory. Should the real germ come, they answer within days instead of weeks, often before anything is felt. Fading antibodies in the blood thus do not mean that the protection is gone. A booster makes the memory broader and the antibodies bind more tightly.",
  },
  {
    id: "vitamin-d",
    text: "The body makes vitamin D itself when ultraviolet light falls on bare skin. North of about forty degrees the winter sun stands too low for that, and one lives on what was stored in summer. Oily fish, egg yolk and some mushrooms contain a little. A lack of it softens the bones, in children as rickets. Whoever hardly goes outside, covers the skin or is older than seventy is often advised to take a supplement from October to April.",
  },
  {
    id: "iron-absorption",
    text: "Iron from plants is taken up much less readily than iron from meat. Vitamin C eaten in the same meal multiplies the amount: some pepper or orange juice with the lentils is enough. Tea, coffee and milk have the opposite effect, and should be drunk an hour apart. Tablets work better every other day than daily, because the liver answers each dose with a hormone that closes the gate for a day. Pale lids, tiredness and brittle nails point to a deficiency.",
  },
  {
    id: "burn-first-aid",
    text: "Hold a burn under cool running water for twenty minutes, and begin at once; it still does good within three hours. Ice is wrong, for it harms the tissue further, and so are butter, flour and toothpaste. Take off rings before it swells, but leave cloth that sticks to the skin. Afterwards cover it loosely with cling film. Burns larger than the palm, on the face or hands, or white and without pain belong in hospital.",
  },
  {
    id: "ankle-sprain",
    text: "After twisting an ankle, compress it with an elastic bandage, raise the leg and put little weight on it during the first two days. Cold eases the pain, though it seems to slow the healing if used for long. From the third day on gentle movement is better than rest: a cast makes the joint stiff and weak. Exercises on one leg train the balance and halve the risk that it happens again. If four steps are impossible, an X-ray is needed.",
  },
  {
    id: "tick-removal",
    text: "Take hold of a tick with fine tweezers as near to the skin as you can and draw it out slowly and straight, without turning. Oil, glue or a flame only make it empty its gut into the wound. Germs of Lyme disease, which live in the gut, need some twelve to twenty-four hours to get across, so it is worth searching the body on the same evening. A ring that spreads around the bite in the following weeks is a reason to see a doctor.",
  },
  {
    id: "marathon-wall",
    text: "Around the thirtieth kilometre many marathon runners hit the wall. The muscles and the liver together store some two thousand kilocalories of glycogen; when it is used up the body must burn fat, which delivers energy only half as fast, and the pace collapses. Eating much starch in the last two days fills the stores, and gels taken from the first hour on stretch them. Those who start too fast burn more sugar per kilometre and meet the wall sooner.",
  },
  {
    id: "interval-training",
    text: "Intervals raise endurance in less time than steady running does. A well-tried form is four times four minutes at a pace at which speaking is no longer possible, with three minutes of easy jogging between. It trains the heart to pump more blood with each beat. Two such sessions a week are enough, the remaining days should be truly easy. Beginners lay a base of slow kilometres first, as tendons need months longer than the lungs to adapt.",
  },
  {
    id: "strength-progression",
    text: "Muscles grow when they are asked for a little more each time. Choose a weight with which the last of eight to twelve repetitions is barely possible, and add to it as soon as twelve succeed. Two or three sessions for each group of muscles in a week serve best, with two days between. During the first weeks the gain comes from the nerves, which learn to call on more fibres at once; visible growth follows after about two months. Protein and sleep do the rest.",
  },
  {
    id: "swimming-breathing",
    text: "Beginners at the crawl lift the head forwards to breathe, and their legs sink. Instead, the head rolls to the side together with the body until one goggle is still in the water; the mouth finds air in the trough that the head itself makes. Breathe out steadily below the surface, so that only the intake remains to be done above it. Taking air on every third stroke, on both sides in turn, keeps the stroke even.",
  },
  {
    id: "cycling-saddle",
    text: "The saddle of a bicycle is at the right height if the leg is nearly straight, with a bend of some thirty degrees at the knee, when the pedal is at its lowest. Too low, and the front of the knee aches after an hour; too high, and the hips rock and the back of the knee hurts. As a first guess, multiply the length of the inner leg by 0.883 and measure that from the axle of the cranks to the top of the saddle.",
  },
  {
    id: "altitude-sickness",
    text: "Above about 2500 metres the thin air can cause headache, nausea and bad sleep. Whoever climbs should not sleep more than five hundred metres higher than the night before, and should take a day of rest every third day. A dry cough with breathlessness at rest, or staggering as if drunk, means fluid in the lungs or the brain: then the only thing that helps is to go down at once, by night if need be. Acetazolamide speeds up adaptation.",
  },
  {
    id: "climbing-rope",
    text: "A climbing rope stretches by a third when it catches a fall, and that is what keeps the force on the body bearable. After a hard fall the fibres need some minutes to recover; change the end you tie into. Battery acid and even its fumes destroy nylon without a visible trace, so never leave a rope in the boot of a car beside a battery. Wash it in lukewarm water without softener, dry it in the shade, and retire it after ten years even if it was not used.",
  },
  {
    id: "ski-avalanche",
    text: "Most avalanches that catch skiers are set off by the skiers themselves, on slopes of thirty to forty-five degrees and within two days of fresh snow with wind. A weak layer buried in the snow collapses under the load and a whole slab starts to slide. Everyone carries a transceiver, a probe and a shovel, for a buried person has good chances only for the first fifteen minutes. Cross suspect slopes one at a time and watch each other from safe places.",
  },
  {
    id: "chess-endgame",
    text: "In an ending of king and pawn against king, everything depends on the opposition. If the two kings face each other with one square between them, the side that does not have to move holds the advantage, since the other must give way. With the king in front of its pawn on the sixth rank the win is certain whoever moves. A pawn on the edge is the exception: the defender only has to reach the corner, and the game is drawn by stalemate.",
  },
  {
    id: "table-tennis-spin",
    text: "Topspin makes a table tennis ball dip down onto the table and kick forwards when it bounces. The bat brushes up the back of the ball instead of hitting through it, and the softer the sponge and the grippier the rubber, the more it turns. Against backspin the bat must be opened and the stroke led more steeply, or the ball drops into the net. Watch the opponent's wrist at the moment of contact: how far it turned tells what is coming.",
  },
];
