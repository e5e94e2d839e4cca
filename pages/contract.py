from components import contract_page, services, shell
from components.places import CONTRACT

contract_page.draw(shell.conversation(CONTRACT), services.unavailable(), services.title)
