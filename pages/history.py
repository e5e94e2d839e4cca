from components import history_page, services, shell
from components.places import HISTORY

history_page.draw(shell.conversation(HISTORY), services.deployment(), services.person())
