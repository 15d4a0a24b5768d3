def latex_of(s): return str(s)
class LatexWriter: pass
