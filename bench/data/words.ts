const words = (text: string) => text.trim().split(/\s+/);

/** The vocabulary of the synthetic conversations: ordinary words, enough of them that two prompts seldom look alike by chance. */
export const NOUNS = words(`
  airport algorithm anchor antenna apartment archive argument army artist asteroid atlas attic auction autumn bakery balcony ballad bamboo
  banker barometer basement basket battery beach bicycle biography blanket blizzard blueprint boundary bracelet brewery bridge broker budget
  butcher cabinet calendar campaign canal candle canyon carpenter cartoon castle cathedral cavern cellar ceramic charity chemist chimney
  choir circuit citizen climate clinic coastline colony comet compass compiler composer concert contract copper corridor cottage council
  courier crater cricket crystal curtain database deadline deputy desert detective dialect diary dictionary dolphin drainage drummer dynasty
  earthquake eclipse editor elephant elevator embassy emperor engine envelope enzyme estuary exhibit factory falcon farmer ferry festival
  fiction fisherman folklore forest fossil fountain freighter furnace galaxy garden generator geometry glacier glossary goblin grammar
  granite guitar gymnasium habitat harbour harvest headline helmet hermit heron highway horizon hospital hostel hurricane iceberg income
  insect interview island jacket journal jungle junction kettle keyboard kingdom kitchen laboratory ladder lagoon landlord lantern lawyer
  ledger legend leopard library lighthouse limestone lobby locksmith machine magnet manuscript marathon market meadow mechanic melody
  merchant meteor microscope mineral molecule monastery monument morning mosaic motor mountain museum mushroom musician mystery narrator
  neighbour nephew network notebook novelist nursery oasis observatory ocean olive opera orbit orchard orchestra oxygen package painter
  palace pamphlet parachute parliament passenger pasture pavement peasant pendulum penguin pharmacy photograph pianist pigment pilgrim
  pipeline planet plateau playground plumber poet policy portrait potter prairie printer prisoner protein province publisher puppet puzzle
  pyramid quarry quarter quilt railway rainfall recipe referee refugee reservoir restaurant ribbon river robot rocket rumour saddle sailor
  salary sanctuary satellite scholar sculptor seaport semester senator server shepherd shipyard signal skeleton smuggler soldier sonnet
  spaceship speaker spider spreadsheet stadium statue steam storm student submarine suburb suitcase surgeon swimmer symphony syndrome tailor
  teacher telescope temple tenant terminal theatre theorem thermostat thunder ticket tournament tractor traffic tribunal tunnel turbine
  umbrella union vaccine valley vehicle verdict veteran village vineyard violin volcano voyage wagon warehouse waterfall weather wetland
  widow wildlife windmill winter wizard workshop zoologist
`);

export const ADJECTIVES = words(`
  abandoned abstract academic ambitious ancient anxious arctic artificial awkward balanced barren bilingual bitter broken bustling careless
  cautious ceremonial charming clumsy coastal colonial comfortable complicated corrupt crowded curious dangerous decorated delicate digital
  distant domestic dusty eccentric efficient elderly elegant empty enormous exotic expensive faithful famous fearless fictional flooded foggy
  forgotten fragile frozen generous gentle gloomy golden graceful haunted hidden hollow honest humble humid ideal illegal impatient imperial
  independent industrial invisible jealous lonely magnetic marginal medieval melancholy metallic miniature modern modest muddy musical
  mysterious narrow nervous noisy obscure obsolete ordinary organic parallel patient peculiar peaceful playful polite portable private
  profitable proud quiet rebellious reckless regional reliable remote restless retired romantic rural rusty sacred scientific seasonal secret
  severe shallow silent skilful slippery solar spacious stubborn subtle sudden suspicious symbolic talented temporary tidal tropical unusual
  urban vacant vibrant volatile wealthy western whimsical wooden young
`);

export const VERBS = words(`
  abandons absorbs accelerates accompanies advertises amplifies analyses announces approaches arranges assembles avoids balances blocks
  borrows builds calculates captures carries celebrates challenges classifies collects compares complicates conceals connects conquers
  consumes converts copies crosses decorates defends delays delivers demolishes describes designs destroys detects discovers distributes
  divides doubles drives encourages escapes evaluates examines exchanges expands explores exports extends filters finances finishes forgets
  governs guards hides ignores illustrates imitates improves influences inherits inspects inspires interrupts invents investigates invites
  isolates launches limits measures merges mistrusts modifies monitors moves navigates negotiates observes occupies offends opens operates
  organises overlooks paints photographs plans polishes predicts prevents prints produces protects publishes purchases questions reaches
  rebuilds recognises records recycles reduces refuses regulates rejects releases remembers repairs replaces rescues restores reveals
  rewards sells separates shapes shelters simplifies simulates sketches sorts stabilises steals studies supports surprises surrounds
  survives teaches tests threatens tolerates tracks trades transforms translates transports uncovers updates visits warns watches
`);

/** How a request begins; each takes a noun phrase. */
export const OPENINGS = words(`
  Explain|why Describe|how Show|whether Argue|that Suppose|that Tell|me|how Outline|why Ask|whether Prove|that Doubt|that List|reasons|why
  Imagine|that Sketch|how Say|when Recall|how Discuss|whether Rewrite|how Guess|why Sum|up|how Plan|how Compare|how Review|how Judge|whether
  Translate|how Report|that Deny|that Draft|why Check|whether Teach|me|why Write|how
`).map((opening) => opening.replaceAll('|', ' '));

/** Three of them make a name that sounds English. */
export const SYLLABLES = words(`
  al bar bel ber bri cal car chel cla cor dal dan der don dun el fal fen fer gar gil gre hal har hen hol ing jan jor kel ken lan lor mal mar mel
  mor nel nor pel per pol ran ric rin ros sal san sel shel sten tal tan tor ul val ven wal wen wick wor yar
`);
