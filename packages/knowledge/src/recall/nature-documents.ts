import type { RecallDocument } from "./recall-set.ts";

/** Animals, sky and earth: twenty, near each other on purpose. */
export const natureDocuments: readonly RecallDocument[] = [
  {
    id: "arctic-tern",
    text: "No animal sees more daylight than the Arctic tern. It breeds in the far north and spends the other half of the year at the edge of the Antarctic ice, so that it lives through two summers in twelve months. Birds with tiny recorders on their legs were shown to cover more than seventy thousand kilometres a year, in great curves that follow the prevailing winds. A tern that reaches the age of thirty has flown the distance to the moon and back three times.",
  },
  {
    id: "swift-sleep",
    text: "Common swifts spend ten months of the year in the air without landing once. They eat insects, drink raindrops, mate and even sleep on the wing: at dusk they climb to two or three kilometres and glide slowly, probably resting one half of the brain at a time. Only to lay eggs and raise their young do they come down, under the tiles of old buildings. Their legs are so short that a swift that has fallen to the ground can hardly take off again.",
  },
  {
    id: "crow-tools",
    text: "Crows of New Caledonia make tools. They bite barbed strips from the edges of pandanus leaves and strip twigs down to a hook with which they pull grubs out of rotten wood. In the laboratory one of them bent a straight piece of wire to lift a little bucket from a tube, though it had never seen wire before. Young birds learn partly by watching their parents, and the pattern of the leaf tools differs from one valley to the next.",
  },
  {
    id: "owl-silent-flight",
    text: "An owl can come down on a mouse without a sound. The leading edge of its wing carries a comb of stiff bristles that breaks the air into small whirls, the upper side is covered with velvety down, and the trailing edge ends in a soft fringe. Together they remove the high notes that prey hears best. The bird pays for it with feathers that soak up water, and so it seldom hunts in the rain.",
  },
  {
    id: "salmon-homing",
    text: "After years in the open ocean a salmon returns to the very stream in which it hatched. Across the sea it is led by the magnetic field of the earth, whose strength and slope it stored when it left as a young fish. Near the coast smell takes over: the mixture of minerals and plants in its home water was imprinted on it during the first weeks. Almost all of the Pacific species die within days of spawning, and their bodies feed the forest along the banks.",
  },
  {
    id: "octopus-camouflage",
    text: "The skin of an octopus holds millions of small sacs of pigment, each opened by muscles within a fraction of a second. Below them lie cells that mirror the light of the surroundings, and folds that can be raised into spikes, so that the animal copies not only the colour of a rock but its roughness as well. Oddly it appears to be colour-blind, having a single kind of receptor in its eyes. How it matches hues it cannot see is still debated.",
  },
  {
    id: "whale-fall",
    text: "When a great whale dies far from shore its body sinks to the floor of the deep sea and becomes an oasis. Sharks and hagfish strip the flesh during the first two years. Then worms and crabs live on what has soaked into the mud around it. At last bacteria break down the fat inside the bones and give off sulphide, on which mussels and worms depend that are otherwise found only at hot vents. A large skeleton can feed its guests for fifty years.",
  },
  {
    id: "coral-bleaching",
    text: "Reef-building corals live together with single-celled algae that sit in their tissue and pay rent in sugar. When the sea stays a degree or two warmer than usual for several weeks, the partnership breaks: the algae produce harmful forms of oxygen and are driven out. What is left is transparent tissue over a white skeleton. A bleached colony is not dead yet. If the water cools soon it can take algae in again, otherwise it starves within a few months.",
  },
  {
    id: "ant-farming",
    text: "Leafcutter ants do not eat the leaves they carry home. They chew them to a pulp on which they grow a fungus in chambers underground, and the fungus is their food. The gardens are weeded, manured and protected with antibiotics that bacteria on the bodies of the workers produce. A young queen setting out to found a colony takes a crumb of the fungus along in a pocket of her mouth. The crop has been grown in this way for fifty million years.",
  },
  {
    id: "bat-echolocation",
    text: "Bats find their way in the dark by crying out and listening for the echo. The calls lie far above what people can hear and last a few thousandths of a second; as the bat closes in on a moth, up to two hundred follow each other in a second. From the delay it reads the distance, from the shift of the tone whether the insect flies away. Some moths hear the calls and drop to the ground, and tiger moths click back to jam the signal.",
  },
  {
    id: "tides-cause",
    text: "The tides follow the moon because its pull is stronger on the near side of the earth than on the far side. The oceans are stretched into two bulges, one towards the moon and one away from it, and the turning earth carries each coast through both within a day. The sun adds about half as much. When the two stand in line, at new and full moon, the range is greatest and is called spring tide; at the quarters they work against each other and the range is least.",
  },
  {
    id: "aurora-colours",
    text: "Polar lights appear when particles from the sun are led by the magnetic field into the upper air near the poles. The colour tells of the gas and the height: oxygen shines green around a hundred kilometres up and deep red above two hundred, nitrogen adds blue and a purple lower edge. The displays come in ovals around the magnetic poles that widen after an eruption on the sun, and then curtains of light may be watched far to the south.",
  },
  {
    id: "lunar-eclipse",
    text: "During a total eclipse of the moon the earth stands exactly between it and the sun. The moon does not vanish in the shadow but glows like dull copper, since our atmosphere bends some sunlight around the rim of the globe and filters the blue out of it on the way, as at every sunset. After a large volcanic eruption, with much dust in the air, it can become almost black. An eclipse needs a full moon, but most full moons pass above or below the shadow.",
  },
  {
    id: "meteor-shower",
    text: "Shooting stars are grains of dust, few bigger than a pea, that burn up eighty to a hundred kilometres above us. Several times a year the earth crosses the trail that a comet has left along its path, and their number rises. The Perseids of August come from comet Swift-Tuttle, the Geminids of December from an odd asteroid. All seem to fly out of one point in the sky, as parallel rails seem to meet in the distance. After midnight more are seen, as we then face forwards.",
  },
  {
    id: "black-hole-image",
    text: "The first picture of a black hole was published in 2019. It shows a bright ring around the dark middle of the galaxy M87, fifty-five million light years away. No single dish could have taken it: eight observatories from Hawaii to the South Pole recorded the same radio waves with atomic clocks, and the disks were flown to two computing centres where the records were joined as if by a telescope the size of the earth. The ring is gas heated to billions of degrees.",
  },
  {
    id: "glacier-ice-blue",
    text: "Fresh snow is white because countless crystal faces scatter light of all colours alike. In a glacier the weight of new layers presses the air out over decades, until the ice is clear and dense. Light then travels metres through it, and along the way the red part is absorbed by the vibration of the water molecules a little more than the rest. What comes out again is blue, and the deeper the crevasse, the stronger the shade.",
  },
  {
    id: "volcano-prediction",
    text: "Before most volcanoes erupt, they give signs. Rising magma breaks rock and causes swarms of small earthquakes, it swells the flanks by centimetres that satellites can measure, and it sends sulphur dioxide ahead of itself. When Pinatubo stirred in 1991, such readings led to the evacuation of sixty thousand people in time. Yet explosions driven by steam alone, like that of Ontake in 2014, may come with no more than minutes of warning, and not every unrest ends in an eruption.",
  },
  {
    id: "sand-dunes",
    text: "A desert dune wanders. The wind drives grains in short leaps up the gentle side, and on the crest they pile up until the slope reaches some thirty-four degrees and slides down the lee. In this way crescent dunes advance by ten to twenty metres in a year, small ones faster than large ones, and they have buried roads and oases. Some of them hum when they slide: the grains, dry and all of a size, fall in step and make a tone like a cello.",
  },
  {
    id: "lightning-thunder",
    text: "Lightning heats a channel of air no wider than a thumb to almost thirty thousand degrees, five times the temperature of the sun's surface. The air expands so violently that a shock wave runs out, which reaches us as thunder. As sound needs three seconds for a kilometre, counting from flash to bang and dividing by three gives the distance. It rumbles because the channel is long and crooked, and its parts lie at different distances from the ear.",
  },
  {
    id: "cave-dripstone",
    text: "Stalactites grow where rain has seeped through limestone. On its way through the soil the water takes up carbon dioxide and becomes a weak acid that dissolves the rock. In the air of the cave the gas escapes again, and a trace of lime is left behind with every drop: on the ceiling as a thin tube, on the floor as a cone that grows to meet it. A finger's length takes about a thousand years. Grease from hands stops the growth, so touching them is forbidden.",
  },
];
