from components import services, shared_page, state

shared_page.draw(services.shared(state.share_token()))
