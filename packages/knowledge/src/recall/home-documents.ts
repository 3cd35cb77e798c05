import type { RecallDocument } from "./recall-set.ts";

/** Kitchen and garden: ten of each, near each other on purpose. */
export const homeDocuments: readonly RecallDocument[] = [
  {
    id: "sourdough-starter",
    text: "A sourdough starter is flour and water in which wild yeast and lactic bacteria have settled. Feed it once a day with equal weights of flour and water and throw away most of what was there before, or it grows without bound and turns sharp. After a week at room temperature it should double within six hours of a feeding. Kept in the refrigerator it rests and needs a meal only every week or two. A grey liquid on top means hunger, pink streaks mean it must be thrown out.",
  },
  {
    id: "bread-scoring",
    text: "Before a loaf goes into the oven its skin is cut with a blade. The cut decides where the crust opens while the dough still rises in the first ten minutes of heat. Without it the bread bursts at its weakest spot, usually along the side. Hold the razor almost flat to raise an ear, upright for a plain cross. Cold dough from an overnight proof is firmer and much easier to slash than dough at room temperature. Work quickly and never cut deeper than a centimetre.",
  },
  {
    id: "pie-crust",
    text: "A flaky pie crust depends on keeping the butter in pieces. Rub cold cubes into the flour until they are the size of peas, then add iced water by the spoonful until the mass just holds when squeezed. In the oven the water in the butter turns to steam and lifts the layers apart. Warm hands melt the fat and give a dense, sandy result. Let the disc rest for an hour in the refrigerator before rolling, so that it neither shrinks nor tears.",
  },
  {
    id: "cast-iron",
    text: "Cast iron is protected by seasoning: thin films of oil that have been baked until they harden into a dark, slick coat. Wipe the pan with linseed or rapeseed oil, rub off all you can, and heat it upside down at 230 degrees for an hour; repeat four times. Washing with a little soap does no harm, but soaking does, and so does simmering tomatoes in it for long. Dry the pan on the stove at once. Orange spots are scrubbed away with steel wool and the place is oiled anew.",
  },
  {
    id: "knife-sharpening",
    text: "A kitchen knife is sharpened on a wet stone, first on a coarse grit of about 1000, then on a fine one of 6000. Hold the spine two coin thicknesses above the stone, some fifteen degrees, and push the edge along as if to shave a thin slice off the surface. When a burr can be felt along the whole length of the other side, turn over. The steel rod that hangs in many kitchens does not sharpen: it only straightens an edge that has folded over.",
  },
  {
    id: "rice-steaming",
    text: "Long-grain rice becomes fluffy when the loose starch is rinsed off before cooking. Wash it in three or four changes of water until the water stays clear. Bring one part rice and one and a half parts water to the boil, put on a tight lid, turn the flame as low as it goes, and leave it for twelve minutes. Then take it off the heat and do not lift the lid for another ten. Stirring breaks the grains and makes them sticky, which is only wanted for risotto.",
  },
  {
    id: "stock-making",
    text: "Good chicken stock wants bones, time and a gentle heat. Cover a carcass and some feet with cold water, bring it slowly to the edge of a simmer and skim off the grey foam. Vegetables are added only for the last hour, for they go dull after that. A rolling boil beats the fat into the liquid and makes it cloudy. After four hours strain it, cool it quickly in a sink of ice water and lift off the fat once it has set. Properly made, it wobbles like jelly when cold.",
  },
  {
    id: "jam-setting",
    text: "Jam sets when pectin, acid and sugar come together in the right amounts. Apples, quinces and currants bring enough pectin of their own; strawberries and cherries need lemon juice or bought pectin to help them. Boil hard until a drop on a chilled saucer wrinkles when pushed with a finger, which happens near 104 degrees. Fill hot into jars that were heated in the oven and close them at once. Sealed well, they keep for a year in a dark cupboard.",
  },
  {
    id: "coffee-extraction",
    text: "The taste of filter coffee is decided by how much of the bean the water takes with it. Ground too coarse or brewed too fast, the cup is sour and thin; ground too fine or left too long, it turns bitter and dry. Begin with sixty grams to the litre and water just off the boil, and aim for three to four minutes. Change one thing at a time, and the grind first of all. Beans are at their best between one and five weeks after roasting.",
  },
  {
    id: "cheese-mould",
    text: "When a hard cheese such as Parmesan or Cheddar grows a spot of mould, the spot may be cut out with a good centimetre around it, and the rest eaten without worry: the threads cannot travel far through so dry a mass. Soft cheese, cream cheese and anything grated must be thrown away whole, since the growth spreads unseen and may bring bacteria along. The blue veins of Roquefort and the white rind of Brie were put there on purpose and are harmless.",
  },
  {
    id: "tomato-pruning",
    text: "Cordon tomatoes put out side shoots in every leaf joint. Left alone, each becomes a stem of its own, and the plant turns into a thicket with much leaf and little ripe fruit. Pinch them out with the fingers once a week while they are shorter than a finger. Bush varieties are the exception and are left as they are. From August on cut the tip of the main stem above the fifth truss, so that what hangs there still ripens before the cold comes.",
  },
  {
    id: "compost-heap",
    text: "A compost heap works when wet green matter and dry brown matter are mixed, roughly one part to two. Grass cuttings and kitchen peel bring nitrogen, while straw, cardboard and dead leaves bring carbon and air. If it stinks of ammonia, add brown; if nothing happens for weeks, add green and water. A heap of a cubic metre heats itself to sixty degrees and kills most weed seeds. Turn it with a fork when it cools, and it is ready for the beds in half a year.",
  },
  {
    id: "slug-control",
    text: "Slugs feed at night and hide by day under boards, pots and mulch. Watering in the morning instead of the evening gives them a dry surface to cross and does more than most remedies. Beer traps catch many, but also draw in those of the neighbours. Iron phosphate pellets are harmless to hedgehogs and birds, unlike the older blue ones made of metaldehyde. Young lettuce is best guarded by a collar of copper or raised indoors until its leaves have toughened.",
  },
  {
    id: "rose-pruning",
    text: "Bush roses are cut back at the end of winter, when the forsythia flowers and hard frosts are over. Take out all that is dead, crossing or thinner than a pencil, and shorten what remains to three to five buds. The cut is made half a centimetre above a bud that points outwards, sloping away from it so that rain runs off. Climbing roses that bloom only once a year are pruned in summer after flowering instead, for they carry their blossom on last year's wood.",
  },
  {
    id: "lawn-moss",
    text: "Moss in a lawn is a sign rather than an illness: the ground is shaded, compacted, wet or sour. Raking it out in spring helps for a season, and iron sulphate turns it black within days, but it returns until the cause is removed. Spike the turf with a fork and brush sand into the holes, spread lime where the soil tests below pH 5.5, and mow no shorter than four centimetres. Under dense trees it is wiser to give up on grass and plant ferns.",
  },
  {
    id: "seed-starting",
    text: "Seeds started on a window sill in February often grow long, pale and weak, because it is warm there and far too dark. A lamp a hand's breadth above the trays, burning fourteen hours a day, keeps them short and sturdy. As soon as the first pair of leaves has opened, move them somewhere cooler. Before they are planted out they spend a week outdoors by day and indoors by night, so that sun and wind do not scorch them.",
  },
  {
    id: "potato-earthing",
    text: "Potatoes are earthed up twice: when the shoots are a hand high and again three weeks later. Soil is drawn from both sides against the stems until only the top leaves show. New tubers form along the buried part, so the yield rises, and none of them sees the light. Those that do turn green and contain solanine, which is poisonous and is not destroyed by boiling. The ridge also protects the shoots from late frost and drains well in wet summers.",
  },
  {
    id: "bee-hotel",
    text: "Most wild bees live alone and nest in hollow stems or in holes that beetles have left in dead wood. A bee hotel helps them if it is made well: tubes of reed or bamboo closed at the back, or a block of seasoned ash drilled across the grain with clean holes of three to nine millimetres. Pine cones and straw bundles fill shop-bought models and are useless. Hang it in full sun, facing south-east, out of the rain, and do not clean it out in winter.",
  },
  {
    id: "pond-algae",
    text: "A garden pond that goes green in spring has too much food dissolved in it. Single-celled algae multiply wherever phosphate from fish food, fallen leaves or run-off meets sunlight. Plants that grow under water, such as hornwort, compete for the same nutrients and win by June if there are enough of them; lilies shade the surface. Feed the fish less, skim leaves in autumn and top up with rain instead of tap water. A pump with an ultraviolet lamp clears the look but not the cause.",
  },
  {
    id: "apple-storage",
    text: "Apples for the cellar are picked a little before they are fully ripe and handled like eggs, for every bruise rots. Lay them side by side on slatted trays without touching, at two to five degrees and in damp air. They give off ethylene, a gas that makes potatoes sprout and carrots bitter, so keep them in a room of their own. Early kinds last for a few weeks only; late ones such as Boskoop and Braeburn stay sound until March. Look through them every week.",
  },
];
