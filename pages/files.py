from components import files_page, services, shell
from components.places import FILES

files_page.draw(shell.conversation(FILES), services.title)
