"""First names that are common in the United Kingdom, in small letters: the usual ones of the
last thirty years, without those that are more often words ("May", "Hope", "Will")."""

_LIST = """
aaliyah aaron abbie abby abdul abdullah abigail adam adrian ahmed aidan aiden aisha alan
albert alex alexa alexander alexandra alfie alfred ali alice alicia alisha amanda amelia amelie
amina amir amira amy andre andrea andrew aneesa angela anna annabel annabelle anne annie
anthony antonia archie arianna ariana arthur arya asha ashley ashton aurora ava ayaan ayesha
barbara barry beatrice beau becky ben benjamin bertie beth bethany bilal billy bobby bonnie
bradley brandon brian brooke callum cameron carl carol caroline carolyn catherine charles
charlie charlotte chelsea chloe chris christian christina christine christopher claire clara
conor connor corey courtney craig daisy damian dana daniel danielle danny darcey darcy darren
david dawid debbie deborah declan denise dennis derek diana diane dominic donna dorothy
dylan eddie edith edward eileen elaine eleanor elena eliza elizabeth ella ellen ellie elliot
elliott elsie emilia emily emma eric erin esme esther ethan eva evan eve evelyn evie ewan
ezra fahad faisal farah fatima fatimah felicity felix finlay finley fiona florence fraser
freddie frederick freya gareth gary gavin gemma geoffrey george georgia georgie georgina
gillian graham gracie greg gregory hamza hannah harley harriet harrison harry harvey hassan
hayley heather heidi helen helena henry holly hugo hussain hussein ian ibrahim imogen imran
indie irene isaac isabel isabella isabelle isaiah isla ismail jack jackson jacob jacqueline
jade jaiden jake jakub james jamie jan jane janet janice jason jayden jayne jean jeffrey
jenna jennifer jenny jeremy jessica jessie jill jim jimmy joan joanna joanne jodie joe joel
john johnny jonah jonathan jordan joseph josephine josh joshua joyce jude judith julia julian
julie justin kacper kai kaiden karen karl kate katherine kathleen kathryn katie kayden
kayla kayleigh keeley keira keith kelly kelsey ken kenneth kerry kevin khadija kian kieran
kiera kim kimberley kirsty kyle lacey lara laura lauren layla leah leanne lee leila lena
leon leonard leo leona lewis lexi lexie liam libby lily lilly linda lindsey lisa logan lola
lorraine lottie louie louis louisa louise luca lucas lucy luis luke luna lydia lynn mabel
maddison madeleine madison maggie maisie malcolm marcus margaret maria mariam marie martha
martin martyn mary maryam mateusz matilda matthew maureen megan melanie melissa mia michael
michaela michelle mikey millie miriam mohamed mohammad mohammed molly monica morgan
muhammad musa mustafa mya myla nadia nancy naomi natalia natalie natasha nathan nathaniel
neil niall nicholas nicola nicole nigel noah noor norman olive oliver olivia ollie omar oscar
owen paige pamela patricia patrick paul paula pauline peter phil philip phillip phoebe pippa
poppy rachael rachel raheem ralph rayyan rebecca reece reggie reuben rhian rhys richard riley
robert robin rodney roger roman ronnie rory rosie ross rowan roy ruby russell ruth ryan safa
sally sam samantha samir samuel sandra sara sarah scott sean sebastian shannon sharon shaun
sheila shirley sian sienna simon sofia sonia sophia sophie stacey stanley stella stephanie
stephen steve steven stuart susan suzanne sylvia talia tamara tanya tara taylor teddy
teresa terry thea theo theodore theresa thomas tia tiffany tilly tim timothy tina toby tom
tommy tony tracey tracy tyler umar valerie vanessa veronica victoria vincent vivienne
wayne wendy william xander yasmin yusuf yvonne zac zach zachary zahra zain zainab zak
zara zoe zoya zuzanna
"""
FIRST_NAMES = frozenset(_LIST.split())
