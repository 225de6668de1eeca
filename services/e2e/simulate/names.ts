/** Names as people of a town by the sea may have them. */
export const FIRST_NAMES = (
  'Ada Aisha Alma Amir Anna Anton Aylin Bela Bruno Carla Chen Clara Daniel David Diego Dora Elena Elias Emil Emma Esra Eva Farid Felix Finn Freya Grace Hana ' +
  'Hugo Ida Ines Ivan Jakob Jana Jonas Julia Karim Kofi Lara Leo Lena Liam Lin Lucia Luis Maja Malik Maria Mateo Mei Mila Mina Nadia Naomi Nils Noor Nora Olga ' +
  'Omar Oskar Paul Pia Priya Rafael Ravi Rosa Ruth Sami Sara Selma Sofia Stella Tariq Theo Tomas Vera Viktor Yara Yusuf Zoe'
).split(' ');

export const FAMILY_NAMES = (
  'Abara Adler Ahmed Almeida Andersen Arslan Bakker Baptiste Becker Berg Bianchi Blum Castillo Chen Costa Dahl Demir Dubois Eriksen Fischer Fofana Garcia Haas ' +
  'Hansen Hoffmann Horvat Ibrahim Ivanov Jansen Jensen Kaya Keller Kim Klein Kovacs Kumar Lange Larsen Lindholm Lopez Marino Mensah Meyer Moreau Nakamura Nguyen ' +
  'Novak Okafor Olsen Patel Pereira Peters Popov Ramos Rossi Roth Sanchez Santos Sato Schmidt Silva Singh Sorensen Suzuki Tanaka Torres Vogel Wagner Weber Wolf Yilmaz'
).split(' ');
