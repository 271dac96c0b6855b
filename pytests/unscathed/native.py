def attach(path):
    return None
