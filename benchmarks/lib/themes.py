# ruff: noqa: E501 - one line for each theme
"""The vocabulary of synthetic films: subjects, settings and motifs that form micro-genres.

A line of SUBJECTS is `name: person, ...; thing, ...; action, ...`; one of SETTINGS is
`name: place, ...; detail, ...`; one of MOTIFS is `name (genres): sentence; ...`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ASIDES", "MOTIFS", "NAMES", "SETTINGS", "SUBJECTS", "Motif", "Setting", "Subject"]


@dataclass(frozen=True)
class Subject:
    """The people of a film, their things and their actions."""

    name: str
    who: tuple[str, ...]
    things: tuple[str, ...]
    deeds: tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """The places of a film, and details of them."""

    name: str
    places: tuple[str, ...]
    details: tuple[str, ...]


@dataclass(frozen=True)
class Motif:
    """The conflict of a film; a sentence may contain `{name}`."""

    name: str
    genres: tuple[str, ...]
    sentences: tuple[str, ...]


_SUBJECTS = """
submarine: a submarine captain, a sonar operator, a torpedo crew; torpedoes, periscope, depth charges, sonar; dives below the patrol boats, sinks to the sea floor with a leaking hull
bank robbery: a safe-cracker, a gang of bank robbers, a getaway driver; vault, alarm, getaway car, stolen money; plans to rob a bank, breaks open a vault by night
vampire: a vampire, a vampire hunter, an undead count; coffin, fangs, wooden stake, blood; drinks the blood of strangers, hunts the undead from dusk to dawn
courtroom: a defence lawyer, a young prosecutor, a jury; trial, verdict, witness, evidence; defends a man accused of murder, argues a hopeless case before the judge
haunted house: a ghost, a family in a haunted house, a medium; apparition, attic, seance, cold spots; hears footsteps from the empty nursery, holds a seance to drive the dead away
boxing: a boxer, a washed-up prizefighter, a boxing trainer; ring, gloves, title fight, knockout; trains for a title fight, steps into the ring for the last time
espionage: a spy, a double agent, an intelligence officer; microfilm, cipher, dead drop, defector; smuggles a defector over the border, looks for the mole in the service
robot: an android, a robotics engineer, a rogue machine; circuits, artificial mind, memory chip, programming; builds a machine that can feel, turns against its programming
zombie: a band of survivors, a scientist among the infected, a zombie; outbreak, walking dead, barricade, virus; flees from hordes of the walking dead, looks for a cure to the outbreak
mountaineering: a mountain climber, a rope team, a mountain guide; summit, avalanche, crevasse, ice axe; climbs the north face, waits out a storm below the summit
ballet: a ballerina, a choreographer, a dance company; stage, pointe shoes, rehearsal, premiere; dances the lead in a new ballet, rehearses until her feet bleed
pirate: a pirate captain, a privateer, a crew of buccaneers; galleon, treasure map, cutlass, mutiny; boards a galleon laden with gold, follows a map to buried treasure
serial killer: a homicide detective, a serial killer, a profiler; victims, crime scene, fingerprints, riddle; tracks a murderer who leaves riddles, studies the mind of a killer
astronaut: an astronaut, the crew of a spaceship, a mission commander; rocket, airlock, oxygen, space suit; drifts in orbit with little oxygen, lands on an unknown planet
school teacher: a teacher, a headmistress, a class of pupils; classroom, blackboard, exam, detention; takes over the worst class of the school, teaches poetry to unruly pupils
chef: a chef, a restaurant owner, an apprentice cook; kitchen, recipe, menu, critic; opens a small restaurant, cooks for a feared food critic
samurai: a samurai, a masterless swordsman, a feudal lord; katana, honour, duel, clan; defends farmers with a drawn sword, serves a lord who betrays the clan
gunslinger: a gunslinger, a sheriff, an outlaw; revolver, saloon, stagecoach, posse; rides into town with a price on his head, faces outlaws at high noon
race driver: a racing driver, a pit crew, a test driver; engine, lap record, pit stop, crash; drives for the championship, returns to the track after a crash
wedding: a bride, a wedding planner, a best man; wedding dress, altar, bouquet, guests; prepares the wedding of the year, runs away from the altar
dinosaur: a palaeontologist, a game warden, a pack of raptors; fossils, eggs, jungle pen, tyrannosaur; brings extinct reptiles back to life, flees from a tyrannosaur
nun: a nun, a convent, a young novice; prayer, vows, chapel, habit; doubts her vows, hides fugitives in the convent
jazz: a jazz trumpeter, a singer in a club, a saxophone player; trumpet, record deal, improvisation, night club; plays for a few coins, chases a new sound every night
football: a football coach, a striker, an underdog team; goal, stadium, league, penalty; leads a hopeless team to the final, scores in the last minute
hacker: a hacker, a programmer, a network engineer; server, password, code, firewall; breaks into a secret network, finds a back door in the code
werewolf: a werewolf, a bitten traveller, a village hunter; full moon, silver bullet, claws, curse; changes under the full moon, hunts a beast with silver bullets
doctor: a surgeon, a country doctor, a nurse; operation, hospital ward, epidemic, scalpel; fights an epidemic with bare hands, operates against all advice
prison: a convict, a prison warden, a cell mate; cell, tunnel, guards, parole; digs a tunnel under the wall, plans a break-out with the cell mates
magician: a stage magician, an illusionist, a magician's assistant; trick, top hat, cabinet, audience; stakes everything on one great illusion, learns a rival's deadliest trick
dog: a stray dog, a boy and his dog, a sled dog; leash, paw, puppy, long way home; finds the way home over the hills, saves its master from the cold
newspaper: a reporter, an editor, a newspaper; headline, source, deadline, front page; follows a story that nobody wants printed, protects a source from the police
painter: a painter, an art forger, a model; canvas, brush, gallery, portrait; paints a portrait that scandalises the town, forges an old master
witch: a witch, a coven, a girl with strange powers; spell, potion, broomstick, familiar; casts a spell that goes wrong, is accused of witchcraft
gangster: a mob boss, a hit man, a crime family; syndicate, protection money, bullet, informer; rises in the syndicate by murder, wants out of the family business
shipwreck: a castaway, the survivors of a shipwreck, a sailor; raft, lifeboat, flare, driftwood; survives on a raft, builds a boat from driftwood
chess: a chess player, a grandmaster, a prodigy; chessboard, opening, tournament, checkmate; plays for the world championship, sees every game ten moves ahead
archaeologist: an archaeologist, a tomb raider, a museum curator; tomb, relic, hieroglyphs, booby trap; digs for a lost tomb, races thieves to a relic
election: a candidate, a campaign manager, a senator; ballot, campaign, scandal, speech; runs for office against the machine, buries a scandal before the vote
surfing: a surfer, a beach bum, a lifeguard; surfboard, wave, shark, contest; waits for the wave of a lifetime, enters a surf contest
terrorist: a bomb disposal expert, a hostage negotiator, a bomber; bomb, hostages, timer, demands; talks to a man with hostages, has an hour to find the bomb
fairy tale: a princess, an enchanted prince, a woodcutter's child; castle, dragon, wishing ring, sleeping spell; breaks a sleeping spell, sets out to slay a dragon
soldier: a platoon, a young soldier, a sergeant; trench, rifle, ambush, front line; holds a bridge against an army, crosses enemy lines by night
con artist: a con artist, a card sharp, a pair of swindlers; mark, marked cards, false name, long con; cheats a millionaire out of a fortune, plays one last con
time travel: an inventor, a time traveller, a stranded visitor from the future; time machine, paradox, past, future; goes back to undo a death, wakes in the same day again and again
miner: a coal miner, a union man, a rescue team; shaft, strike, cave-in, lamp; is buried by a cave-in, leads a strike against the owners
orphan: an orphan, a foster child, an orphanage; adoption, foster home, birth mother, runaway; runs away to find a mother, is taken in by strangers
rock band: a rock band, a guitarist, a roadie; guitar, tour bus, hit single, encore; tours with a band that hates itself, comes back for one last concert
alien invasion: an alien, a radio astronomer, a farmer who saw lights; saucer, abduction, ray, signal; answers a signal from the stars, resists an invasion from above
monster: a giant beast, a fisherman, a marine biologist; tentacles, lair, harpoon, roar; wakes a creature from the deep, hunts a beast that sinks boats
marriage: a husband, a wife, a couple; divorce, affair, quarrel, counsellor; fights over the house, tries to save a marriage
train: a train driver, a passenger, a conductor; locomotive, compartment, brakes, rails; stops a runaway train, finds a body in the sleeping car
pilot: a fighter pilot, an air crew, a stunt flyer; cockpit, dogfight, parachute, runway; flies a damaged plane home, duels in the clouds
gambling: a gambler, a croupier, a poker player; casino, dice, chips, debt; bets the last chip, counts cards in a casino
farm: a farmer, a farm hand, a widow with a farm; harvest, drought, cattle, barn; keeps the farm through a drought, brings in the harvest alone
ghost writer: a novelist, a ghost writer, a poet; manuscript, typewriter, publisher, chapter; writes the memoirs of a dangerous man, finds a manuscript that comes true
superhero: a masked avenger, a girl with superhuman strength, a caped crusader; mask, powers, arch-enemy, secret identity; hides behind a mask, learns to use superhuman powers
martial arts: a martial artist, a kung fu master, a disciple; fist, temple, tournament, style; learns a forbidden style, fights through a tournament
pregnancy: an expectant mother, a midwife, a pregnant girl; birth, ultrasound, cradle, due date; hides a pregnancy, delivers a child on the road
fishing village: a fisherman, a harbour pilot, a lighthouse keeper; net, lighthouse, trawler, fog; keeps the light through the storm, goes out for one more catch
cult: a cult leader, a disciple, a deprogrammer; commune, ritual, prophecy, initiation; follows a prophet into the woods, escapes from a commune
"""

_SETTINGS = """
arctic: at an arctic station, on the pack ice; polar night, sled dogs, frozen radio masts, ice bears
new york: in the streets of New York, in a Manhattan loft; subway tunnels, fire escapes, yellow cabs, neon rain
rome: in the ruins of ancient Rome, at a Roman villa; gladiators, senators, marble forums, legions
amazon: on the Amazon, deep in the rain forest; river boats, piranhas, jungle tribes, mosquito nets
paris: in Paris, in a garret above the Seine; boulevard cafes, the metro, rooftop chimneys, bookstalls
moon: on the Moon, in a lunar colony; low gravity, grey craters, glass domes, earthrise
tokyo: in Tokyo, in a Shinjuku back street; karaoke bars, vending machines, bullet trains, paper lanterns
sahara: in the Sahara, at a desert fort; sandstorms, camel trains, a dry well, legionnaires
london: in Victorian London, in a Whitechapel lane; gas lamps, hansom cabs, thick fog, workhouses
suburb: in a quiet suburb, behind a white picket fence; lawn sprinklers, school buses, nosy neighbours, garages
hospital: in a mental hospital, on a locked ward; straitjackets, night nurses, electric shocks, long corridors
berlin: in divided Berlin, at a checkpoint of the Wall; watchtowers, trams, bugged flats, border guards
alps: in the Alps, at a snowed-in chalet; ski lifts, cow bells, glaciers, mountain huts
louisiana: in the Louisiana swamps, in a bayou town; alligators, shotgun shacks, voodoo dolls, cypress knees
mars: on Mars, at a base under red dust; dust storms, rovers, hydroponic gardens, thin air
university: at an old university, on campus; dormitories, lecture halls, fraternities, library stacks
medieval: in a medieval kingdom, in a walled town; plague carts, knights, alchemists, town criers
hong kong: in Hong Kong, over a Kowloon market; harbour ferries, triads, night stalls, tower blocks
texas: in Texas, on the Mexican border; oil rigs, pickup trucks, rattlesnakes, border patrols
island: on a tropical island, on a coral atoll; coconut palms, lagoons, monsoon rains, outriggers
moscow: in Moscow, in a communal flat; queues for bread, party officials, onion domes, snowploughs
mumbai: in Mumbai, on a Bollywood set; monsoon streets, film posters, dabbawalas, slum alleys
ship: on an ocean liner, below deck; stokers, ballrooms, stowaways, fog horns
hotel: in a grand hotel, in room number nine; bell boys, revolving doors, chandeliers, room service
circus: in a travelling circus, under the big top; trapezes, clowns, caravans, lion cages
australia: in the Australian outback, at a cattle station; road trains, kangaroos, red dirt, opal mines
space station: on a space station, at the edge of the galaxy; docking rings, escape pods, star charts, hull breaches
depression: in the dust bowl, in the Great Depression; soup kitchens, freight trains, bread lines, migrant camps
ireland: in an Irish village, on a windy headland; peat bogs, pubs, stone walls, parish priests
las vegas: in Las Vegas, on the Strip; slot machines, wedding chapels, desert motels, showgirls
egypt: in Egypt, by the pyramids; bazaars, scarabs, sand pits, feluccas
hollywood: in Hollywood, on a studio lot; agents, casting couches, klieg lights, palm-lined drives
vietnam: in Vietnam, along the Mekong; rice paddies, helicopters, tunnels, napalm
boarding school: at a boarding school, in a cold dormitory; prefects, uniforms, cricket fields, midnight feasts
mexico: in a Mexican town, on the day of the dead; marigolds, mariachis, cantinas, sugar skulls
rio: in Rio, in a hillside favela; carnival floats, samba schools, kites, cable cars
scotland: in the Scottish Highlands, beside a loch; bagpipes, ruined castles, heather, distilleries
undersea: in a laboratory under the sea, at the bottom of a trench; pressure doors, diving bells, squid, air locks
shopping mall: in a shopping mall, on the night shift; escalators, mannequins, food courts, security cameras
nordic: in a Norwegian fjord, in a village without sun; stave churches, fishing boats, northern lights, saunas
"""

_MOTIFS = """
revenge (Thriller, Crime): An old betrayal calls for blood; {name} carries a list of the guilty; whoever did it will pay before the week is out; {name} cannot forgive what was done
first love (Romance, Drama): {name} falls in love for the first time; a shy kiss changes everything; two strangers find that they cannot part; {name} writes letters that are never sent
slapstick (Comedy): One blunder leads to the next; {name} makes a fool of everyone; a mix-up of suitcases ends in chaos; nothing goes as planned, and hilariously so
conspiracy (Thriller, Mystery): {name} uncovers a plot that reaches to the top; files vanish and witnesses fall silent; nobody can be trusted any more; {name} is followed everywhere
coming of age (Drama): {name} is fifteen and tired of being a child; one summer ends a childhood; {name} learns what the grown-ups keep quiet; nothing is the same in autumn
survival (Adventure, Thriller): Food and hope run low; {name} has three days to reach help; only the strongest will come through; {name} refuses to lie down and die
redemption (Drama): {name} tries to make up for an unforgivable mistake; a drunk is given a second chance; what was broken is slowly mended; {name} seeks out those who were wronged
rivalry (Drama, Action): {name} meets a rival who is as good; two old friends become bitter enemies; there can be only one winner; {name} would do anything to be first
madness (Horror, Mystery): {name} no longer knows what is real; voices whisper at night; {name} begins to doubt every memory; a mind comes apart piece by piece
inheritance (Drama, Mystery): A will is read and a family falls out; {name} inherits more than money; the heirs watch one another closely; {name} is left a house and a secret
forbidden romance (Romance): Their families would never allow it; {name} meets a lover in secret; an engagement stands in the way; {name} must choose between duty and desire
quest (Adventure, Fantasy): {name} sets out on a long journey with odd companions; a riddle shows the way; what they seek lies beyond the last map; {name} was chosen for this
war guilt (War, Drama): {name} obeyed an order and cannot sleep; the dead are not forgotten; peace brings no peace; {name} meets a former enemy
satire (Comedy): The powerful turn out to be idiots; {name} tells the truth and is taken for a joker; money makes everyone ridiculous; {name} becomes famous for doing nothing
family reunion (Comedy, Drama): Three generations meet under one roof; {name} comes home after twenty years; old quarrels flare up at dinner; {name} has news for the family
body count (Horror): One after another they die; {name} is the last one left; something waits in the dark; nobody hears {name} scream
friendship (Family, Drama): An unlikely friendship begins; {name} finds someone who understands; they promise never to part; {name} stands by a friend against all
uprising (Action, History): The oppressed rise at last; {name} is made a leader against his will; the regime strikes back with force; {name} raises the flag
blackmail (Crime, Thriller): A photograph threatens to ruin {name}; the next letter asks for more; {name} pays, and pays again; somebody knows what happened that night
dying wish (Drama): {name} has half a year to live; a last wish is granted; there is no more time to lose; {name} says goodbye in a way of one's own
"""

NAMES = tuple(
    [
        "Ada",
        "Alma",
        "Anders",
        "Anton",
        "Beatriz",
        "Boris",
        "Carla",
        "Cedric",
        "Clara",
        "Dario",
        "Delia",
        "Edgar",
        "Elena",
        "Elias",
        "Emil",
        "Esther",
        "Fatima",
        "Felix",
        "Flora",
        "Gideon",
        "Greta",
        "Hana",
        "Hugo",
        "Ida",
        "Ilse",
        "Ivan",
        "Jonas",
        "Judith",
        "Kaito",
        "Karim",
        "Lena",
        "Leo",
        "Lidia",
        "Lorenz",
        "Magda",
        "Malik",
        "Marta",
        "Milo",
        "Nadia",
        "Nils",
        "Noor",
        "Olga",
        "Oskar",
        "Paula",
        "Pedro",
        "Petra",
        "Quentin",
        "Rania",
        "Rosa",
        "Ruben",
        "Sanne",
        "Selma",
        "Simon",
        "Sofia",
        "Tariq",
        "Tessa",
        "Theo",
        "Ursula",
        "Vera",
        "Viktor",
        "Wanda",
        "Xenia",
        "Yara",
        "Yusuf",
        "Zoe",
    ]
)

# Sentences that fit any film and tell nothing of it.
ASIDES = (
    "It is the story of a few days that nobody forgets.",
    "Time is running out.",
    "What follows is harder than anyone had thought.",
    "In the end there is a price to be paid.",
    "Not everyone will see the next morning.",
    "A stranger turns up who knows more than he says.",
    "Help comes from where it was least expected.",
    "Old certainties do not last long.",
)


def _parts(block: str) -> list[tuple[str, list[tuple[str, ...]]]]:
    found = []
    for line in block.strip().splitlines():
        name, rest = line.split(":", 1)
        found.append((name.strip(), [_items(part, ",") for part in rest.split(";")]))
    return found


def _items(text: str, separator: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(separator))


def _motif(line: str) -> Motif:
    head, sentences = line.split(":", 1)
    name, genres = head.rstrip(") ").split("(")
    return Motif(name.strip(), _items(genres, ","), _items(sentences, ";"))


SUBJECTS = tuple(Subject(name, *parts) for name, parts in _parts(_SUBJECTS))
SETTINGS = tuple(Setting(name, *parts) for name, parts in _parts(_SETTINGS))
MOTIFS = tuple(_motif(line) for line in _MOTIFS.strip().splitlines())
