//! The dictionaries of names and places. Common enough to be nobody's, and in letters every character set has.

pub(super) const FIRST: [&str; 64] = [
    "Ada", "Alan", "Alma", "Amir", "Anna", "Anton", "Aria", "Arno", "Bela", "Boris", "Carla", "Carlos", "Chloe",
    "Clara", "Dana", "David", "Diego", "Dora", "Edith", "Elena", "Elias", "Emil", "Emma", "Erik", "Esra", "Eva",
    "Felix", "Fiona", "Franz", "Greta", "Hana", "Hugo", "Ida", "Igor", "Ines", "Iris", "Ivan", "Jana", "Jonas",
    "Julia", "Karim", "Karl", "Klara", "Lara", "Leo", "Lena", "Luca", "Maria", "Marta", "Max", "Mila", "Nadia", "Nina",
    "Noah", "Olga", "Oscar", "Paul", "Petra", "Rosa", "Samir", "Sofia", "Tomas", "Vera", "Yusuf",
];

pub(super) const LAST: [&str; 64] = [
    "Abbas", "Adler", "Ahmed", "Alvarez", "Andersen", "Baker", "Bauer", "Becker", "Bell", "Berg", "Bianchi", "Brandt",
    "Brown", "Carter", "Castro", "Chen", "Cohen", "Cooper", "Costa", "Dahl", "Diaz", "Dubois", "Evans", "Fischer",
    "Foster", "Garcia", "Gomez", "Gray", "Haas", "Hansen", "Hill", "Hoffman", "Ivanov", "Jansen", "Jensen", "Kaya",
    "Keller", "Khan", "Klein", "Kowal", "Lang", "Larsen", "Lee", "Lopez", "Maier", "Martin", "Meyer", "Moreau",
    "Morgan", "Nagy", "Novak", "Olsen", "Park", "Peters", "Popov", "Quinn", "Rossi", "Santos", "Schmidt", "Silva",
    "Singh", "Vogel", "Weber", "Young",
];

pub(super) const CITY: [&str; 32] = [
    "Ashford",
    "Bergen",
    "Brookfield",
    "Clayton",
    "Clearwater",
    "Dover",
    "Eastwood",
    "Fairview",
    "Franklin",
    "Georgetown",
    "Greenville",
    "Hillside",
    "Kingston",
    "Lakewood",
    "Lindau",
    "Madison",
    "Marburg",
    "Milton",
    "Newport",
    "Northfield",
    "Oakdale",
    "Oxbow",
    "Riverside",
    "Rosewood",
    "Salem",
    "Springfield",
    "Stonebridge",
    "Union",
    "Valley",
    "Westbury",
    "Winfield",
    "Woodland",
];

pub(super) const STREET: [&str; 32] = [
    "Acorn", "Birch", "Bridge", "Cedar", "Chapel", "Church", "Cross", "Elm", "Field", "Forest", "Garden", "Grove",
    "Harbour", "High", "Hill", "Lake", "Lime", "Linden", "Maple", "Market", "Meadow", "Mill", "Oak", "Orchard", "Park",
    "Pine", "River", "School", "Spring", "Station", "Willow", "Wood",
];

pub(super) const WAY: [&str; 4] = ["Street", "Road", "Lane", "Avenue"];

pub(super) const COMPANY: [&str; 32] = [
    "Acme", "Alder", "Amber", "Anchor", "Apex", "Arrow", "Atlas", "Beacon", "Cobalt", "Comet", "Copper", "Crest",
    "Delta", "Ember", "Falcon", "Fjord", "Harbor", "Helix", "Indigo", "Juniper", "Kestrel", "Lumen", "Meridian",
    "Nimbus", "Onyx", "Orbit", "Pinnacle", "Quartz", "Summit", "Tandem", "Vertex", "Zenith",
];

pub(super) const TRADE: [&str; 8] = ["Foods", "Group", "Labs", "Logistics", "Partners", "Supply", "Systems", "Works"];

pub(super) const LOREM: [&str; 32] = [
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet",
    "consectetur",
    "adipiscing",
    "elit",
    "sed",
    "do",
    "eiusmod",
    "tempor",
    "incididunt",
    "ut",
    "labore",
    "et",
    "dolore",
    "magna",
    "aliqua",
    "enim",
    "ad",
    "minim",
    "veniam",
    "quis",
    "nostrud",
    "exercitation",
    "ullamco",
    "laboris",
    "nisi",
    "aliquip",
    "ex",
    "commodo",
];
