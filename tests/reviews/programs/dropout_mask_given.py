import numpy as np
def run(X,Y,W1,b1,W2,b2,mask,keep=0.75):
  # inverted dropout, one hidden layer, softmax
  n=X.shape[0]
  Z=X@W1+b1
  H=np.maximum(Z,0)
  D=H*mask/keep
  S=D@W2+b2
  S=S-S.max(axis=1,keepdims=True)
  P=np.exp(S)
  P/=P.sum(axis=1,keepdims=True)
  loss=-np.sum(Y*np.log(P))/n
  dS=(P-Y)/n #! dS=P-Y/n #| dS=(Y-P)/n #= dS=P/n-Y/n
  dW2=D.T@dS #! dW2=H.T@dS #= dW2=(dS.T@D).T
  db2=dS.sum(axis=0)
  dD=dS@W2.T
  dH=dD*mask/keep #! dH=dD*mask #| dH=dD*(1-mask)/keep #| dH=dD*mask*keep #| dH=dD/keep #= dH=np.where(mask>0,dD,0)/keep #&a dH=dD
  dZ=dH*(Z>0) #! dZ=dH*H #| dZ=dH*(Z<0) #| dZ=dD*(Z>0) #= dZ=dH*np.heaviside(Z,0)
  dW1=X.T@dZ
  db1=dZ.sum(axis=0) #! db1=dZ.mean(axis=0) #| db1=dH.sum(axis=0) #&a db1=dZ.sum(axis=0)/n
  return loss,(dW1,db1,dW2,db2)
def example():
  r=np.random.default_rng(112)
  Y=np.eye(3)[[0,2,1,1,2,0,2]].astype(int)
  mask=np.array([[1,1,0,1,1,0],[1,0,1,1,1,1],[0,1,1,1,0,1],[1,1,1,0,1,1],[1,1,1,1,0,1],[0,1,1,1,1,1],[1,1,0,1,1,1]])
  return r.normal(size=(7,4)),Y,r.normal(size=(4,6)),r.normal(size=6),r.normal(size=(6,3)),r.normal(size=3),mask
