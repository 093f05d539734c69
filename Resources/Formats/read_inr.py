"""Reads .inr files (versions 2 to 4, codecs `pyramid`, `labels`) with NumPy alone: copy it anywhere.

    python read_inr.py scan.inr scan.npy

    from read_inr import read_inr
    array, ijk_to_ras, about = read_inr("scan.inr")        # (k, j, i), 4 x 4 to RAS mm, name and so on

Generated from INRCore by Testing/tools/make_lean_reader.py; licence: Apache 2.0.
"""
# ruff: noqa
# fmt: off

from __future__ import annotations
import base64
import functools
import itertools
import json
import math
import struct
import sys
import warnings
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
import numpy as np
MODEL = """c-rip+s-
Y?ah%^}uDgw{bGKfFAOwk`VA?cCAbDdLdUtom7g=lVP2Y$H1Q;;Lnc0Vb_3Ey!%0pyi<p28R_ka59pMU+g|M`#q<JW)r{U86!fBVa?fBNMg{?{-
6{KsE^_uu~#zxvld{P{0`{pBBi^P98G<E+<l9p`;KM=3`;&iJF_EJu0&bR6Y)|Gtd)yZ-*^`)B<q?@#HU_*f~wJ>CoT`1vP3@&3U3|H@U`@%}`Oi_W-
2{Mh~e@_H|};?p<RtZ|JQ-}C-Kdw)O|EV{-
M7bs7BUF~tDvffYYM&rJgt`N7=k2@|i;_u#Xi3f>Gycg0fyuXgScrVGl^Qjp>z2bJ`_wWB6uAz^<7r){L&bWi4dTrhxjNiV$T7Jy9hhylbd;G!VafWX=R%
FCysxBEfG`-
?29(TlVI$sn&d2xaF4wm1^IP_Rg{9xQejg{2O#cR1^Em^RsdyTIyEv^wiIpfM){?QGby3Q3}tw(=95ij}Stv>OJv~cl&@zJ<YywUdlbL)YJKBHF<|Ir=BJ
9+=~dcT`@^5{q7Hs0T~BmT)xYweyxFQKt!`q@K!Zs;zj)@x`fYy4T$Rd2l-ZocdfYtLzqUivAmjMgYtdub`+{=B#2L0SEHlkwu?PcHr{e(x(hx>&r#-
~RUa<)8oOKmOYv|LJ$X=jgQ9?R_4##hz{N0`zx*uJ@i|B}cr8QIF29S?^mI_2y^h`vvQL{jm<~IqG_s^Zn6wKgS&L%=df6{#@@}_b1NJ``NkplC#x#d-
wab@8)<H=G|ho#m&}uvS+=2^1S=}{i^ty=e_)U**@QW{{Cct@3+O(<CE*X_ZmB`+;NoN4fb5|>gN5v!S}OqtBbF`W3k`QzHj1vug~#*Lw%o8e|)|7(HeI-
j_2J5Gu}yG?*qr%D|)2${?v#s9<jyWyPTIcR~_%09<k5g1=JRNU;VgZRo)97GahPad*89C>-*2s;#<yGu@)!(UCRE%iHN6&jqvV+_fF#XZ9d0(-
{833WxV5+JSCPe_TlyJ485h;^Fuds)_5iFpRXdj*xpNz8B0`qoYZl}3WTY9FR<Qgw-u-HJ<{*jU2*ewSkd>+-zBWK_Qm_<n2A>OG+p+z$Md~k5xZj^D-
KD$M*JoW=(}~}RmU5QS9-*c$3}`rp4{Syb399Y<k67`Gt<NBy|?h*$%-
F;e;+&GjJs)JKI3~@{8WqQdEUpZy6t$d8f*7{;C*rD``p?l@qF(h$LZ^_eWq^i-
G1*$i*>uTQ1^R0<Mh6(8QXLenXlMTdgD*5QGfUL`?USFonaL3I0Esrey8!IckE9YjW|Ume)Rq78c$Z@SYed=`vz<HoD$#F<3l<}v9$00>0vZhoQ1a7(Y?i
?E`vQ;;`N2`de@Iv9_D=Mw8nXOU)Q@BD{doJM~AS!`@F=D#LCtAa6j?Y@3vg84|$iozPB~s>$cd|J?=R^^nTg90b*CY?@C`&-
?#Nzj;Dt0iM4ETmg>?zu3Eg<EAbVvH{Q2C-?P}lv%E{NVxPu=kKOphBgY~<uPKPH&_|bcLzwR+gZ_T-UFaunzuoUnUE$!uM7(C^UFBK)RqOrNY;nZj^&0Q
r$C-
*X(37vKpL?$qhnsldy?FTWc%AP;#y!Nx*U)>4n~b;g#I?u8>yC5xT(P|GbxOR)_i#9vcrHD69GG{%zSmf<W79eHD|}j&l{jOc*73v}emC9~o2@VHd_C0hK
Gu6m-_?)9zMe3Z@B4YrO>Ey5r$x3Ww(b+F7iU=qKkhPi*)7K!+u;4@jsx`G+<nVbhPivsp}fp%Z{h-XSi*NR$O5<b4&yb2@s&A?KdfOdo_F=*uH#ngdm?-
M;nYiteGv9kucf|UIG@-MHEd;T5d-zOvb@5((vK`X+n~KCDYj(ov3_ZC&RE^p1+nGNuuic*;#fs^P-8<(?oD457PD!CC>Uw)rg-
oFe($Y^X%7D+(^6$*WZhpc-DNr6)rf7-;>fPp8`@DtF6X`Hc<D1Ndu;Ic(X~ev2<be<I>z=ZH8$h>0>*nEHBREf3ct^~-
aQ;f=v|rc#P4;VxChz%cl(FgY47W<GOSOSxQ7Gx#QAt%>AQjA57xWPkAlkBYwtzt>q*)b5nhW|*}Ck+#eR%?dha2=vV`G}WB>FB4c;v>-
#@;)0;BdW#eId@mksP;Q5BoLFXx_v7c<|rdT;IhgZSpxIj<U)HvH}tj}a?(Uum+ha7|a2O?quYm)m*I-
D|V1h(rGJ```Wgr+<kkq!6aZZjR`t5EITYI`1|lE^3N{Y8>Xc-!OTO!=9rO9>0IM6rsiM7IBjzPzOk1*9c6*3@Cb3==Z)uUHb?tSr)-
nRp_L!weZsskUoT}@z;vf9N-q+wbFz$!q`g47N2Snhbj_}C?P_yI1#$2Lhi8JN(PoMk@5K%H~GFhMe-$*jrS*xTS-UJ<>IOl62G2T0Z-
gLInR5ax9&C;t~urDj?3TA#O{iH9nYh<`aZNqwK|`;GKdaiR&=;@Vf}ri6EhxlakC@i*!TgWY%j>Ru~lI-X+()<D7S*%2z-<)Rlokn`G7BX>CFtk-
x2|Um%|U*{j-rN9J)fRc*MO`Z$l?m`9s@zj*>j*Mw!$_Vk29kM}5eI*of_Dj;M8-6ld%G#(Kx^B8P}<VQ3f2>(!&@%}0Dj{-
7OHs<N8n+;6*T14j}$lv%zX;fIS;ve={-X+?>bD*L7EgcMQRuqd&5oSBdZg^fRMlF=5MvXB*)riUX)(Y521#P|0&aEIdESYoY7-
<edno;X<5i6W^?yZG_5X@{O(2K`!wxH#it8|vb^+PRcN7eA*q9{*?A3;C_yNQq+=t3#r6A7y7YjXmi_`dF5K{O3RX(_dcm67fRV_E@&C)US7GSCh9_RBH1
W8@(!6j9nvl|9&oF|6l(4U;psue<5Ac-
N$)|ovULMOZw>O#lOfhFPSLq)co07ixeMHdVl{muba2|p7%L^`|rmuzx(y~|N5_g_}w3V|EItHh;wMoWjijt_fA&aIxCG$EYtrk5%aRFddspmvDUIcI#jJ
3-a>j^gB<S|HeBIvWt=z%J>R^xu#UrfC2l36>ae@|vcjeHW|pnQy8%n=Nd*(PGUKI<UDG})%W@K2W*T9vLKriJ^&FTmKDNoS-
X~iKSjDKt{4ylkFxALJ)mLCMPHob{H%@FIkcq4!rZ)hP>Z^fT)csJ}xW!PA?q(S-!e`Y?+q)4YVlv|xSQy>dMsyzCMF-FE`L7A+uqMv^FOV6ZL;11}Fw(K
DUto{k_ckk?)e~UD!JWEfkJn>(VE{>_>5UjS@1S#G8K^Fg)PS<&2x1ure^u}|g|jzU&35GL(5Ac;PB(J4<32V<a&YNsUtD;tGWrdh>_v)SgFxxqFVGk5_h
GE;XV~M8c=92-i<~o3s4<&fF0rrTr^s5~@am1--b=}Jgj1=JFuymUgjI$mQotHGNF;%g+SVZp5GivQk*56ieOd3Bjoc@K@4zz@YbhywI`<)b<pGQ-
`qvvHF1^?md1v4c>msX@Evk)VwkQCMcve0~Hxn7e3P;=YWU{fBlGX50qs8A8GRAX7LcZ!G$1H&wC~Q(R_de+(#~aVB;~}pc3-
RcTT~!(38Q=`j?V(gQ67cxR$P?mo5&Y}6#=FpODA;<K=GPR2r)rUnE7W*XqcGa<az~VZ@tfWRqC}+r{*e|T+)-
B~BDWCPUSthz=p5XOhb*!@5pujQIhG<4yf$L>#`_ZDo?ja}bu$4Eyb*RdOC3W(z5Zq}v)|6{Vtsq0M(?(ZJ<}rji8U(kKLOFiqj#AMVsEY79d2<r<y*Z29
K<8Mt0b4)1RK3y)gmR&Y^05<*#Fey_xE@2u6mbnMX;|}KQg;<>5#<<U-
5%2va*|x#C8pvH*SGW@c>FmA~9547C^$gXpzWjkB2V|t1z^4N()#iGLJ{LQm*rsSB{u!L^cvTt^f{c%>=^4v&HLDW~!_zws#HSuNtjU7!COJuKiRp9J?Yw
&DZA3<_Rhaz%Edjz&qY$oPu@Z<h;vr9gp_f8yek#TsXHbf~MY`9-
lqs@!PvzPat)AuS<F4YApEsIX#k|^IcvYz&EM`%!||3*e35sY86@&H2^_xEADUzri)jlQ(cR&zoyeZ<8$M^m$Bko7S?4cj1TYkzCth~<==``-
fOR}M7}Boy=3GC^Z}-vm7Q2YL@;A<I9``9W65I|JzepKZaWtGDME7=NZEUHI^=QxZw^{85W?iD99)>i#R&>rD_%-
h&R_Ihcl>L``2{MICl55WYGVdcHb8?SLyfl^AZ(q$mP7F8QgI^S;4T#I5uB#<`aMaHvfDSVc#o$xXS|ntF2#^>=$Ah9E=QcJ5i7479H5Gkdq*`!dqQvWU6
~rTCpO<mph>nWknr}d&mD(tXi18eOP*(e5i2(?K8Wp#2MA-OGZB{hnzHos78Dg{TfjveZk^Kb(y@;PJB9~|mvBC@p)N%%j{*wixa(TN5#oZkcX55dW2TUv
_*YxXthGG@A$sjr55ugggP@`?I1!#z>`oOlE1Xe=DZI>ly!qa{3jpvUQjU!`1Dw~6ewRxySNx;m!24}7V#0R#)AvvY-
12@$e6GEBAF#^2;)R7Z3rl(m_q+AR<7wq|x-
jKp04Shu85Ef{0q23G%j*c4RInA$(U4JD?+X~QuCW8APV$KL9NN>ubFO!13oe#%dBB=u8_I7CS*7sTItr1L#Ih9S^F#y{`xwu+Ui*7T0Nw!r;<UbB{hAsf
uwiAxaaLRC70<MuFd7l?D*4e3YwJ#7p+Zb&!Qa&x4!tXMeIhxnfvZGHJ<5;B3GwI|QD7v0ihQc0Y!@6Ijmnfp>bjKVsZ@74167nytgRr39Q#t%R#b~x8F8
H>ai!)6uS7mW=6aDZK1L|yNECrxP6CIv!2yQpI--yn1-
=42ZlY{q32}=;Dk39~JB<Gd0;gt6xIT!VpTuIS0?>h%QF3^8!yNv9goRzT3Wt}Oe|B)0tfLM7qB+@Aau+2()$hDMQ%iEY_E{g&6=PIo?nTkQ(u>LLp*TS(
x)&bf>@01Z;K*nbJsQ*#z&8|!FKVeR3)JKTPLl||OFpOeNJ(4?7_CgeDpJCHP^AwJEhm=|E_EuE%lq5+uR`(g!s~N!lYIjvd>!u%1h0ZX+(MiNSzA$2Hq!
xNcT1V&Vv|vczx4cyV(Z~YSFxKXOk_eBU2JFI9|h&d@^0I>8<EA(b;vkeH7$ma&Q3OAkcgb!xnb9y1y+k)S)A&%gxCZLxD<SDJn>HaP5E(RX3kTW7W{I)q
}sD##zAff8d>!dN-nBW>WJp5a;O?5+hg&98fE+m@-
xXnmmZfpX_@=BOeVDh;&sG9{#z7<%H5<g7bt%eLUb0xfrOQhIHfne(<nW(a7F<X%L%Rf2OMQYmN`h)oy6USYPIWymONV1xb=s{leMjvlR!a-@xRGYj@-
hRJPC94dd%yP&4|@r2Fr|u%>BZh-VVPM;G1F8po3ZoCeV+X67t%FzX5WJ+-ac>TyM;H|Lwp3`|-
=4fB%=i{`%*C`s*Kl{nJmpmW}c>o#1NhqU+#P?}Z61fcK2En#vo(;m4Mj$<sm8fy733nboQv;9<M2p@^a>|5m1|EdzW|;!k@3%Q`bHipX-
R@eMwa<>Kq8f)GeXd9&TrZOuNIA`b|g6DSMZ1Z-4vsBu_=V0E(z)|E&Fa6pT_o@Igx)CG#t6Sp0=Suo|m4xf-
j2CgN}Z5;ltDp3z}rb?axAjR#lT*B;5g9!1U=BYH<cc*~w?G7EyB4*FSnS0&m;LoZs9qpoc#G(2X7U&LB6@i^f#%UF1tbMQ{THIUU!84OSz5IBsLzv$(!^
lfsmk|$0KKd#i7>FqV`Y1=S5~tZlPn=L8mSI90F+^Ips^Bj2<|x|7J<jU`w0B?@-*nvL0|qf++6+K~iv2H%G3f-
#Jj6y2ZmIhPa*ISg!eQA(oi@dO+W<CugF*E7hDVX3)$qj24qWhhgxKYFW_fgC1f@G#!Rga2cq}UG5f91pH&|PO@Y)RttS3oGWs~?uK`vrFq{m3yH1O7APP
3fON?q8TpqZ`<x(-yO;d62OrBx%eUYn-dE6Zdjc61%)DV2y_6#J=6qA#e9+Z6KXpf`#uRWMAPw$~?=xXUmIO=Tjv6kh!MC-
2&}YVT9)#s#B@G!*SLz?wG?)E17LF6^<0P*`|v-x-$01+`g(>?xv)Ou1hULDxP^@wm!gy^C)GJ&~F^_;!FM5wpJGfzCpMrKVdKY@iB^0cpoGa!$gg3-
pem(!Z+hDwo`fX~(i@DKeDtSYUxd_CU178`3MpyTnVBw-#_q={XjnnP?ab&m%NyK%J=djsv21+JuH)@~e7RvHO(0gsoph!_-
7#JMx0S<0Ba(Qi>0;o^3kLs1!6s5jad!i?=^VlJ^p+zWp7yR(Ek|6-
Py|AfnD;b6rIt@fsG0f*8|S!RFFc&}FnUyUs$>OXnaP=T|z<^RsgZhfW6~+HtLBpd`lPv!lsc(m=;O_e$~UW_7fcZm+}T%!nw!1-*t<(3`;6_H7V_@!-
Sc{hA`c?gB%#k!O=aDh(S6*D5QyDtpw}S8`?n%TVr(KcAwdDWZOV<Q@SoN9C$&)lTlc>n+Kls-V_mudiX7i~}srZ3Oi{IAda6A!vlZPX@jY1zpDx<wj=VJ
-~u(ihcO4a#7a?ofy$fvw{N<q>rF8V$lQQh}8_99O>pQW>e$+_)KGr9|y<*RCdSY?~;Ts3aDI+2>ni%S)>m#fQ`iyc*cr%6(}D;6Dmqh3}^U-
08!G*kT=EMH2Dc^;4-y0IDWTs-vxn9QHH92t}ixR{*YCv20e<(-
zu6Hk}d&JdV&fyD!se58kV^gXr+Z)!nReX2d>c(QH624dsdjllOc0#a(%kB0WxF0u+kn?`pg#)(k~RyUi4j&Mr@~OFJhkRA|hem3FC?zW~W!V@Q)uY6u-
NyqYmr+xR%%WO8iA2D_pld3MN!T`c%(g;6>_%5v!^Q!rCP@jxfjPNh`F%h;)U&&8Lf<JBcLWABuv!IK;;Vpg{n6D<WHQjOv0;q5ycterrZ0g0185f9W*U;
Y`TIG}s<doe<P5+HRPpNq9bqq-#8J!;v;Bq)N9q0`GemB$QRrXd_uJM69LnR~HOJdDjY;AhNhCQ;|*-
9kD7)5%r7Zu<{BFD2#56=&a$Y!h}DH9wKIBXDG54qoiRhPH1MhV~4bDxQJXR1)Pg4b12vokMB7gn<)BLjpinnST29+|C2z0#WFv@+qcOw>IpEZZDGlAQQ_
s{c7rh*>u++%6w{&eYHshOC^LAc7wxC8g<WP`7gcFwU`hpnwXBe@+?o2h8h7+)7Y&@Gn1Fq|D^mA9@+r07#UDFtlVQ;)#a5LIW<&eR%oT&w3E@NNZQNar+
@Xkoei18~+vk_<0HXo!J%<X0;xlwI4D$L%aoBk~ww}rplT;-bx{6%bRf4Yo1U3*wkxC`d62L3|g&^_ZwI)iaP0JA?U~6Kc--Py6WC3mVuB*`KAk4_;)^w0
T|Ag2;+RC+=pDIJujj`PF9ELl(!rb?%C#>a$$5hHSvgIMFM@M&s$p?9AC50wyPwGUG{8#rO5Z$O0a~WH6h$_N&wNH7%5Qw<~6ga8r7W>!%52_Ho&y|UF$<
G(lgg_<<vK0_M%2?j5)cy84saVbDBItv$W;pNhZ*}f2680-d?TyG!ly9Z{dSL-PhY7}}aVSMpjLfZ(dZ-{Q_pC%ig{G#g88<w1UaDg^#VZO}>f|j3D^-z-
_+^Tmg9STi%BVZgFBluBAu5H+{`Z9R<j9EyJArE%rYY#N6O>a?UTZto><hOVq*Cp#s#va0`T3~s(s$Dw%Lpo*YG#=VDTb(U5yNuYqI`vSRK-
!4R5L+k$l(KAt1=UrQuEc-b3j5?jhqkL=GP~^_v4I$9uEf+kE@9$!&Mc(4?D%yGLBn?x2{KpUWbn(erdD-5rlWAqD~I0GIjhD@ms-fl2k?LM+S8`-
;V|nVv$le8Wn4a$?OI@HZd#N-
v?#Tc=!tWE;fo0V}0w=CkS9=GdkF<UHxHKuFo$8n{~U<>j2_hn7(QRUHof(6PZ2bg4mUE+A^bu@{xw&IDJeNF`bisuBu(qoX`$4hVG@{{??Y!;ZQ`-
@kXNfCUvss$rbVJAQ@3y?&Ghm-
W(HR!2@+Wj8s>wS0h`Ehgg8kWP2dh)jpwxb8m!6to+o4nnSq9FyRTzK{!o0XWmX84JeLeRsl9V2LDM5&pZX<OM%&5kg5b*XCdO8B!pFI!b$W~-
GUZT)a*i6s>}*u&B^{(M(Msa0A_m|0s>j#?)3a{$*3twsj9ijiS^{)U_+FW2A#+mdF+`e04i4v3Vb4gQ;*ODkuJ_(vFr7DcRi_dFbiRQxtv;20Z>kLlSV`
CTK+=?`f>6BlAJ|Wq8fR}VLq^2UFRjoj;xM;M!M<&$ftKfOg|NKYd^$hiR_9HqnWnzWM#-
CJev8SYKDVVn@A!jc&EXS3w=_!h=XoKfiU=59(ng6QKcXrZ;u-g#bZ}w)@&rmc!AFx*Hkw-CT5^uI?EKWk#$J#>N1Z!bU9qqgT+{6z#r|Y%h<Sf2$|^s2X
NY5g#_M&Ck+lop&5})*R|^kaV0i*r7<=%tL36WaCYdEh5KJUU1q_OG%|ACz@>O^n6?b~EijcDIO%aAZRu2P1Rsh=jTz3umVp6xld>IkU}R(9Z?8uc7o4x+
4DhETAve<RIN>AsMTb+c`ndiUH%~qa%}+K>sB5R2wq{hjl+twXbteh7@MUcv6T4<(BNENAt1sB|5&f6(-nu-
pPD&*d2h9g>na0tLZ_%b15y>Q!EM#W2*kp97Uyodc-7AHQB&0vdlgqMEth=fPU3=}xl-Nbz1iLx+GRRm4t>0xT`RUR!F(1%r%^XVZ7O1bYSB(7NSU?6MPv
G{7dL>p;KkG6=(DH0f-mH8Zf$1y>6jc1IK4vQ~oPyi56_+)uN=9WVOD#UCMYZ9E7s!glWiY982!-xC{vR2-
48<7nT5HL)6=qjc`UbXpPHLsSsmbjG094CS;G5Gmkpeu`#|}ppN&f`0yzAlqZ;VS*LnWMz(G$vwW7-McC*R|krP$gzmZ{3+!R3ir<Gs&J*6PfBOl-aPM}<
lXfm=LAFh_{)+m06}ekXj|1jdT>n)F<}cd<&gkf@pOcnnBW3JH1zct+>w;mb$t|5dSqi)}8Oqk~H=guO=iKH>Mz+icu{w^Zrg2r&q0+*2i<H+VvWOeJ5@!
B1?g$mFl?kl`|KKhF4~k71hWtv{S}T4#05*;e$wgei`oc_o>6Vd?LYb!!p1baRg*tL5IEzB$`OyRj>7iXOBg<H2_=l(zAc+{cWNs{FyF4G1$Wi2<3%c)PI
u)~2w;R=P}_sRF)+yr*Khhu2*plL#=-ff%a7=vgo0)lDa<$?Ob5JI9YTBO!;mqD7LC#6BBt&^_qlR5g}|c=#IwK;UVLm|a8C;S-
#7U2=CLY1|d(=7ye19mBEA1UR}1xUM4=t~Nn23s9-f_%s!((LGoo5y&sM=4;k0S*&Ja=abmC>vfN*>CuW3+rFlStgu<%)e~up(@HHSc*BD-
=>PzNzb)KDRA1fgofLX8eJ9JLNUW*F{Gg9^sdH6^Njyyfj@?zLceNf9=~wiei!P;n_MT3+Gs2W5ikc0We1P1rFopchr35`p!X!sLXZj$Ab1>s>6Y9Jr8$Y
{%*Sffn0&12U{IMP!>{|#z9NXqh&E<>MvP)!8b`|!rXcjcNsAfT>5yT{N-
!9hxWLqmu0)k6cHgY%$0NrdlM5fG0523qZquSxg=<7rk<q=)bUn`k@0^XM|YD-
W3kM6dtOgVbX`d}q6jb_Eer{$b!mbxNGHCc4xxwdxXE1opal0wV1i6|p$Z9|VGjyXGAo#lu26}^Z<owUB`PGo38hts^Gvqu{(!CEuIp{A214_1O4uWG+p6
X*!kk<B);{$j2RrD_6#21Z&)uOg(!vJ-a#1rFrGEI%@dQ7|d@CMXCE<JB}u=g$zEr@<2#q`Qx;Lc}CpSwd8YZ+d$rKj12-
dZ$G&Hg_>9@Xayw0^oEbSrm(@ur;*?#FBTIaM+3haf|$KBmqT!eri#I(66v)vQLeq>rA{a(|zeZq$V;!4Y(x;(mHv>jT9m3W3Y4CQ{1GxYe!T#j5zj`TyS
9vgQGTSJG^@Bs%U`M@rp&!T*SssIpegxf6|QWUOe@4D0+^bT}68=Mw|50K~{0MR(&?`U)N!!f<mbZs2iYB2H?gq^{o4m!S&2L<tXM>tywC4$Q(3hmD+=fA
60?3>FSrOu0c^2F*&I;K%o!d`xNENn1G`*2h}3rxVv{`PC%d0Z3^NALo&GH_U!9$0i^5o*L&BFiKq;Fs9LsL7t78ih;0?z&~aJ&<}h^V6pfRr{q8VP4c*c
j`JA0eF3^qj51G8c_M36{=9E}{y$ZZV8P_l3bH*gA%Q}j-
6mLv0hR1Qybcm|_ai&s@=|O<0>f?yBG7{9TGG03~u)7SmsY6t>xti!)h!`nDeQ!|J4f17Gn`M?}MKr<Gs%&pj0*2;<V21T+sS~9381d~|oW$&l0igJ3g!~
ca<I7||g$@qAZv}KcL<1TT9<^EZ>^mgK2rSweWDSRr9kmw+*FqSzIv-s9R7`LwJ|hhU-
H;B7cv3Je9~F~>%wNEg0f{iPRbXhL3KeKxb+J`ET^3eGuZ4XZG+qvNlJ<+5Z>#az1%Urhu<EiUW<;qeSQM1fU0$%z#brbXK3@jn-
2gwi_B6|4lC#uBVpT0VRG$s&EEt1w%;}54ChG@Y2V`6DR8MZA)!joK{v}y{uCjv>n~z<bWLO6Y#VCSu5#8l97SAlul!pD=Ab8o}FOjCNbdwK0vKUK51%O4
DWH4Qlj5t7#WQJm=l17wWR-&wJ;3^p=yIRn2!bSnzK6@v(w*n4V=?Rqm)xxM+gt>)J#15DS-
3km$ZPOC(SP?p8Pm_+J)fsxDI5mU>Pk1pvv)Dgn@vUzFBw+%Y>N|XkJD0JT+DE~!mIS(PTul{MUQ96mc4YIuMbZYegGGVejR3dlN#UAgD=%;a+e#s<^#LE
HFYrCf)E7E&t8|Ux8n-i+l5M_^@Rd#|>(h6Ui%n#qhK%B4A{8t_<raNW>sOF|>K)53i~T;XOuNR;6WJ-
t4?_h6hl=ks_0rW4*UG01T_UW*LT0ybzBThzsVU#p=EwoB0(G@9P>ITYIogNQ4~ehQ6{G;|0o7OIVm4@_*AR#Ja?3`%x6uHF1Roe#*R~bAf_@0ph8BbfN%
Sd1bi;X+90ueSweail%+YGl2*iRD)mx~^vl8E|U=}3jCoC6pYb0g>@Ly?*rr`1zrA*qTQ)e?Y41>>P+zvWrIA^scQAmu$%U$23BtcN8^idTNh^^jqOPwNU
WNy1z`;nBE`MXWc#mXN*T+BF>6=82wL;Co!6DGGZ69rQ8OU27C(m%CA9S|`U;{N2iSyQ5pI7o$P@^Xzr+GWJBP0EH*=a%r7EHCWcPR28*-
Tq@jlGqI^w;v=eSfVhx2elcuD|b_)MK|+R6?{d~c|)vm`Mh4cq$md65{k1f^@dM<qGr-tOr<nn;wl<kQt%@;a43o!30lv~T|h1A39953d07R1=!uwwS{p|
y4xliZl6-}8m*yNZ`V@UiHr<MTR9;#_m(xluG;0y`wCw*N-V|ji{w|spmSN(68r*<Fc<&;C43KLOb|$n|K%pGs`qa(bGl5#-GLzK1fl-
v|5($a#0m6KKDmY=T^z}~CSR5E2lsu|AlY?^WqQroSoC2t7&Ehd0v+>EmSVrDiEXpH;cMB}kyKw14b)G`T>xKh!lSv=$eS?_7hYI8^kvqAoVfdBey*B*(5
Qtmdjw<+xBEiPi@35{!Tf3+}FM9rNzSE($6EkJP_@Ri}>ivm&t<2P?J;G3R5<fd+&pU~$<m%{Kgy+*n78h5F8xl`FNkfjuZNx#+^HW&<KsXfQC4YtK?m#i
ObG)_-zAhjlodxaa!cg^PVyd_e5Wd5f&5;Ep0E}it*BP*??B>wV%b>~>u`N1{hw|m&4ynjgQ-#R{!E6!~#chBrH6@=0@TOyuSg~M-
3+_`=B=&|_@Zz4~zGN=%O}Ke%$*SI@cpIQk{rQwdm0>%CmhKpV+Lh?giBnZPNljZl%l(Eklp0PEw^mi}yXCF!l6f2{X&DZm=m80E9sFvl&N&UpW1`ro4OW
;qW?E-iXGQUsp<{)}b!ING2%jD8%k%mkp&rs#r8a4BE}b#FUO!sK=yB&+O}yy-
j{^HMP|mzlw{{`K7@h2vV4DVz0+Cr)>W0YST*Ixbk2?Pr3}u8$b%`RaH>HS0p`yZQ9U4<{x`Zw-{Wv{K=04o!ek6@3(hF^Zb*PbdBBjxh&WL<$q8h`-
!u^>z5#cB4XouIc0O4IF47IyTv7`&|MZh81pHN_7=K~)`dw2(3h~!|oV_!;ca_L2DEJhV20P!j4G>>TH@+m~z<hFW8^g=6=l}=leHlAK(aF7&ycVMX4XVM
ucX!7}POSf|p%`bdqe1B9G6eP!Ei2)|8yJI(|u!7hFl?5*8)vSg^8m5N$Qr*|O8hf{j&nNVuS{iB+XGl{7QY-oCP|woY;W#go(4q35SzRdVB?(UuZzotcH
~DH97T`J&=8FlMb7di{UcfoAGW~XCGoqCWMhEXQv|7#Bpz!5>mSx!dc4vYh<>nemeA|Ffb#7c0cAPX9hp0QMsI~05rQ}#;$fOC1oX)WD><Q$ylI&-
|R;ZGh9ZmfyBA-WGFoi`lXv1QR(jNqOgkLL=)6x)iH?S;XFKDC+oy=oQzSA;{f2m1k*xfj78Bk!XaS=X<@UOv=Xq(ij#3tDxH>@`346Y?oVRDE6>7-
t&2_vHsUX^yf=yW<_k6S#+)aY%IR!o(Qfl=6aluMSn(RNkT?k4ujP`&v<<0Rw`6hXyFxIuIZ?jkgD>xGM0Vf7XvjRZDhQw2??%Pxnk3>pinRA4_WJ9Ht+f
E0-&gbk|)gOLuVi7tUie(|G+1Q@d&Aojh8H>iF>%Z~oTOX!;pZdaldXFG7g(A&Jx<BXrKXfnnNc_aoMn;R0rl7zw?^a8R+iAaP9O$#v(y|36-
T9#@*&;}4;6@fsZE38QN+f`|$vcQLLxC4njR2sAqRS`8^+kFh<I-
Ivh)o!SK9NzOXpkuC?)FI;JI}cb6bJql48|pZxh_lpSalt@nFzSZs`~}B#TXU}9WZ<+E1)1u^)9DH`)7|)didR2P&Ozz|GO7NnrWuvGq{w=M5|gYejID*<
2py$G*Sc$N_1U$m?n)|U^4m?h4a&v2`FJ#{3?lPqlM4rwxK9tmY0FAbJC|F^5jZrWjFT)FAk#whswVl2?B*cVrjfU?Zw%gu57JWt`Q|_tyNX+_kPao#Dpz
1G6KzpOS=H7pYtsmfNx(KJ0Dvq?i#h|MK46qq(WUHemCTQ-fh7aqvU{Ax4W(VkVAGw%!O;`S>U?W4zfaAqP=p_F!j=6!;eRi+b2XT-NI1PKq@Ah$x+}I?N
J1HBRLE7)9!uHHIHFP@R1h3V$s%D~qJK;kM07ujbJVUNkl`jfeo$pm*tMRWNetJGE{i0E^@)nWBp{DtWwmOZ_NY*X@Om{))gSjBl93In6ty{LE>fsb0zZ&
AUP8UjLE{ExT-
T~0RnJ(u5VJNVK{Yq1rZ@5bO8ip=(@N2_noJ(|ecNNGnoTM{sk7bku8ZQ)Dv1;%5%aQ4>JWR7w$Y9%ofDyW(J&U`k(C65l{7fakI^xP{`cmp##Zd9l5rt4
cT&AjD$?<z1<BZY<<I~nw{EQyz;7jpLC?gU@`3`9_+*^F5;1PSzWFtynj8~Oy>0Q-Du-
Vdy+fDh4iu~RW&_4_n)pCqc3rOBM>bv3R6&l>>0d#uSLC@Q#A+ujBWHICnIEQiH-LnPy=xI*76E)CHp6^Um@t^&ebYe0i$BIcvEd%6aTfz4s?ducPI6AOi
VD|zwQm3tK`)gmefEt!_eVlffro1z^`P<A)P?Lj{*={+e@P2@*Nc0WLqeOJk!P$Jthg<cEI78gZ07W_)f7l6En`^|DsF5qx)WJ&C?jz_6cmbC2g7xY(Vcb
f!cm0Kopfi!=9zAjp=K&$sX~&X*o7pktNy+1kPSsx!~aC4w?P!|28FEw>~d>jaIU^9YgUnt)r(ClPKn@`+ac}9nsJ}jsV$GY5w#X7;sR_vsYQT}z-
cyiDu7QP4xbJB$ZjZVbecY?I*P=`G@+{P)9#c;F|r#;088xPdlnN~)@azM@tz&4n;Ta;p+DrCqKZnjOK&3;1rk>kPEbgC2knyr1=mc@_~|2*y%S%htSxNR
KT5K7<F#t0OSNvXg-s$da^v2at`07lHxNQ@AA%^Yj?eKVN-
s}evs!BXjFye)RqSLuRkm9ZbfBfs>SiIY%UVhROC_~4tgG6oP^yvY$*3g>%sKc5IQODWe>asc>v>m0E%n-
@Z(1R(ACfT+6!<Kj23X{GDwwuVG!XsAgs~JtRwNk;|K3vT)A8PQ8YXWTDT(Y=cWXR|YbuXSXao<(v+Ko}P8)A))RbOkvVnUA#Bm;5x=Ph&Qs>LP7^V?-
pmQj|bh#CiuJ}P`#R3F8L*d#k4*o7aI$4f-Ney_LEY|d}BxkDQ^GU?td+>zP-8hcdj)BeXgmNsmWRl_L=Yf^MQY^0hp0YZXE-
?7^F2D|pWp(jIeKETFcOia4r#*KG-Mt5OkpSqYeG=x@C9X1(bZ3cj0e9iaPWAe!asr@EDR-
7^77!Y5(VmKGfp+elV1oRo&?hI=Gu}v}T%;Jz4dY#Lu9baq2$!_%gfn$_varYlidM}%-
?B4&=%B)Q?NUl<<~vs6gbtekHAr(=Bu2E55|ob^bQczxl19WU$%~4J?Q|0wIxOwV9owLww(^lE(wV{NR7{6^Bq5HG0W0>1$dFjQf*GCW6yGKV#Z3%C^t<j
Ay@b_AP;d*alTPmvb2bn0-6``%b+0L-K=eHVwOiMd;~tb~i%EOM#cK-BN!Yy$-u5=hpc?MJr-Pho*qaV-CB;;L*}tONib_AtZfWK!60$1>A65!+CwrvP5-
jBMHknVMzeS3vEBV2<=znL=sb1!zDDId7h0zrtZ>1hCBqxld8M)W4cgkh7O&eLP)F6CruFPhws5ggtDr3c&UBx9IYbw>lV!YbIr$CwPelBBUboFvZttUiS
6C7f#9eo#_$2;3dWy&UXD%we=DKs5pHtC4w;LcQavg|fMfvPn2x)SQf(zmUz;xPk=4_DI<l*V>8o+6LcaQn5B>O3Ylk(LoysTo{iOCHS=p>M?a?p+2&K<o
E5-0F<V3na*NsOUC5)~t!G7q!R+xpCM|gin3nhYro7I<mIh2%bP>Rgd%Oz{liQ<-
CY4h#~K!52_idA?uk+2T|6Bq9NEx{IhC?XfQslBCs@U59#A@C3<%Q^=b7BcT(LZ1&J^|mPjl>5mgc<Fd_kalsp&7x`=%}-
P4W5=v1XuKOw^GLIUmdMZlFXSYU4NItZI>ra;E@n83!==DbRV6dmNHq4_0>vxi6tu8w0Bka=a8ln_PqW(=N$i|fwI&UzV`5uU${k6l*DyF{B-
CU^t46$@GDP)9_mR-RkY+<++)cA|>v0tw?v<}Z3nN*a1j_j+7wVZ{oKh-kSl5CKia(pz;yo^wwl%@u-
d(~K`sca{*k8yZVEkqJDHw?v47tfyylPqi9m2RN#i=TMw^4?`UXO&)z(Cu7U>NAJm<s)RAw>p)I=n0AF}1YBwN?v;nlLeG7~xAr;$?wjXV3`$w^TbG44G_
}H7>Svlf?A{e5r4R+@>L$r0ULJebf>`r%+MWpFg#d-
9;6zFf<sGDm)aofn?s0i_8cIV3g+7fUWE`sqSF*Z{RZ=cZDd&}H!5XWiG)|O9M0hwKv72t(h{T_(BjNW5k%fmpUY-
~bO&*c>FAAzfxMDE`6q{1Dqjx7hYC)o1=aG|DH7SUweI>(fO1edPl$mO(MK&Nr1OzB2M$`}_m`82EBVqS2St=;qI>=;jdFYE#vqFtzK$(gA2BK&huE)4Hj
_rI9411&w9cJXQ$53Hx#G863fQAJQwS;?QLCkE0@C-
4>N^&W>&pU^ezP44+&1JdMP+nJ^rfCg$rB@cjiS{of^F4+|0|bzF>fnn)^rxlWi)96$rqH9iBWk*mJdrh%+~uI;pdN72<Y~nbxFPOGk^)!F5jGc1;&7QC<
5Z6aYC;fJy_mN!fGfu^LgwgE2q`+xjn43@w9DGu?w@V$>b;G+uVO+Ja!aJC1(n>HrRJy>Un%xmtn5_4KGodDx$ehf96$Ap9NyF?1y_2?SArvDJ6Cg?KJs4
*YlrLZ8SMk`qo^a;9e-O;#az-w6^FDZRS0<+db2G^Jg6faS&i5H&jXIeB(dzsM&8*v`fwy*-
k`ZWQKSPF&oXJ5S)%AvaUzm_AfYZP9!X3@!%8hESvA&<9@9lT86k%wcgX?JvQy~>5>05x@hZY878DhnupT&?R!~>zXT{h#C_F-
;<?~_fEi}pc+@RrbW}(WR3N6Inr6Bg9qpOLhayaN5aS+W~pDsV6)2<;+k58KpyQV8nWk%@7#}7x*?;55s7!D%ie&C@pazS$%9q}cgqOqjSVGbqPfsel%!)
^wHdAWT@Q^u%cGr06i>&#>h%0Pn3P_L3Hb$G<{b!|?9xTgD*q3DhxX2SYI>+OojldUEZ{&u%7KahoDJO@>nl@sCyG5OSL(4|pv@r~}7rzd@zUeISEMj2l%
G~W)w^{v<`uiajzuUQ;of&4<L+w!~}X(S}YiYzjWc}st#(krF*+p^|}aw5Anbe>3aPAgV8*4drmu2RzW=^@mZ+3Jh|Eg{*$U>i<%3$`pCC>0O^CY|c^gl5
G>DIe5wywXR3&{_e6Dx+A+R*<Wjb(ESL;OxX{DNN|XfhVxJM=*;W?=sN`T&(LA+Idm%$?${bP2u*mBB?NOT7L?X<+BO<?b#izCTB&ZjJh4FqA8tMQ5C%xo
XzZ!Ru(~f%kJlvLhxmF;+;6N0EoJo4Z#JutZg-zMJmg1dz=ot0>R|de6Mb-yC~hx1wF0Q{&*NByweA@7qZ5#=fKN*<O^cUGPc8-1!qegnC6ad_r_g{-
}T;`IofQTWp5^NY6`-)`X=BO1%G@HpK64Yep*E8;^|y~jZ;QIrG#$Q^Lr}__oAd}$gH}fv?A8thPyE@om2&}-3nhl-7eMLB)}a=)4Dg-
u;`>ju0(Fodh=|d{9SYg^C&CHOLZme#hbggka#Ow#%fDdLEAKmYDrmDmhbW=bFJH*>~ncep)wb1-
ZnQBTAzmd>!}>tyQjc4OCUUROU`Difv60O0pKsI)uHRwvl*E4xu-$GSxK^h>9&PD(5<WUw$)BiDvCWtsGF6eXx%~<Z!%61K-
%emTPsp8%lI#XRMT#cP9HJ$DH6M99UK^yS<$^vVw!G1>To{Q9PxalCi(777Xi(v5Wz0XhEf%0>xh6nJe76_QK_wyMJ(63I#9X5;oFUjW22=lH3s*ncN8V-
W;wdvS-
0|eDsT<@l(UOpeY*7XjgliBv@!;0N6KzY%W|26Zsq7b6(ojO9W)knix_yU2BpwJ$I8so&;miziJh|XV@Hf<!eq_5q$oX3)Qh2}Jf09Tg;R{phtr(z7>8?a
o8TFR1LN5l7UhGkcQqv!R1vX9T+msxR=tskkJ~anSzo9YD0h{7fxp=mJ=XT7mFi0o8`Xg=tbM|q%bIu+a-
B`IMQL(c8fh@8MBvxC3+fhVaY!&G+}+e7LrDlJ<x1~{{o(il16?G3HyEjMDC_O2NWl3nXi`>pNs%fIuMV9GS&WqyLO48arP~5`X7yCWj=L4kQI@$=wON*_
_8c-X)d<o60!khW`V-
M@SsX~KYPj)P)7M4Jg`^0Ns=5W9KG~JB>GHi7nw?Vx?JBolpG?Z&&uLiS0*_si!|7521hnOF77tLN05~9B%(+DmiaS9QZcn{s>eG|%>W5iLO<j8eoDk(h&
^v-jZB<giDuiE9oxE%(J3t)tBob|pL&lCw%Z-$OyLNO!^VQ@t@EvTr?q!j&hi`UmrS+88ly+csLo)-
X{ZLoNIV9|f#kuAdWtf7t3C*lfTy6%Gs`pm~aU!j{mA~S;AY>X^cFe7PHDN_M$QkCuyCz37Es*=5ps3!Vl!w}3oVa=&apUT599uzB@LBNry8A8z^R%F{we
zZoLUJ5*TM|0=o`TNKj4E^l&dueSE%fNoswFLvPSY1ntQC)P?-
As@sb^37C@MEp4{bG2pkDr!`bjO)f5^l_V`;#XZk9FLl47h!%Xam#1*G49MBiz^v*?vJu!s|-eT}W+2-
MtT>KdT78Cdm{>_mT<62hS!A~P&0oj+PGHLyAH3=~f2^iBL;Nxd|AONK>NZew~hI;^bb75dj)pbbouH+B)1U6!*L?i??v>}tuz;U441vi8gHvWR$6=SjBV
#JR<^_REZ74b4<#)11+(q&9hd5_@1bQ&bChDxiOj$Z}lNk;^O1<K-
#x70O|;8hy`XvUa0qo`jfZ&$b|;YU}z?2K$p>dFPSQZB${QN%whxW~H!$8vA;7=~FNfw-6TG{o!SM07#?sbhqTK1F*(*o=ivPvBikvX~LikOIR-
t`)#|AnlR2%1vda(cJ|9JlpNcQx9?f7ezLo{{-_|3X2pXQ<X%M7?$ji~SjzRyWNRt!KFyknHn^l0ScI~;rOac@jb4}3=AXn2!(-
L6FnACrsm4DM8iQtAaVXTDAMky2yfAO|6W{fVl8mT2$l^;g;(<9e-5}n!4RXcBauB8-O8sw%j{4XFbZckvDD6r?;l|F4-
Kq>{sK2yb#_aqmNNyCEFJo8>LDp(nJI<D1;yQ`)yOdQ-#JSKjRcfoVJ-lirpDe8AgR|D8T*ab|=0JJ*fP(|~RqOYX%Qp?IrkX(=yOnYRvW&6y-
6FEMkd%ZM%86JiQjS!tDsJHk{0Ys6iuqHtloKc1=ww>FjNiRA;-
1I*j1WiXMq^c(MA^*>*F_2hok|n~RIK)(VSeG2s)~K?D72fLBqncl$KL}nVb*L)6LMB9_<+DXwy;KqZN>sg^%J?V;-g8a^}bSX?kuQV!X<tjDu-bp0-
woI7et6PT{+W1eJCb|x{kh^A@OBqW+RVZc5sXecT4Rn3%pn`un}9R1g(rGCv4+ZO$e;F+v<wWmUGk&#a~iIqJiixpH#t2g3zX$&bEa=t6(M+3tNi5oF0Hw
7=WOHKu;1=O^ucF{zzDRR)v)r%#gISEJ~_1l>n<pkgc(0u@of`QV3^|?zD1Krx6o<gG8=Wk;Bk3EToK7wKCM;;FkFwJ=N#yFe24+_99HQ%v!9_vCJ{R^vh
O9^th83jn>6`2@_XeZNVJZ)Dx#=l+aMovv#QzR8#_Ol-ZaBtx+jV-zp1|{8On~F1M-8J!i$OWQ|@-
n*S7F&D~lc6Gl*~Z;8bb^JzHWRQ;U>6ncZAMM@F+Dk%s!DT1w*O<L8=CZXqDPw}lEdTUO#)(BNb0pB0JOvw){>1rvchC?{zTSwh<QXpd|i#CzRB}&?~y1+
N_$AA;v1Cj<uIlg+Td6+!yE<&|sCEFl?v|$D2^rL!(i{rA8x3nHdb<%zznEm8@&eQN{vG6$ftVKC214Q}Gd%q&EtGNZ$t&Pw%J!A5W*WY1eHJ1&VhizWjS
CO6m1BM_x)rUDaNmB-el<&)ScWF3StmN90O-
N#O3w^jkrPnb_cD3hZqdWBj)vnPjTQ#=!&q;l?BT$fkzp{b7+&NdWP`H1#pmQ(Q*#h>AgFB>T*HT+*S#~G2aH~mX6tge4Rt&NegVt(+c&xVSQkCe3Q)A~$
9aqPl<$k`T(=Q7ySVN<Dh|;nu@1;)lxuv#bzMTkQL~=?P77$*YqRS-&Cg+b#1KmdP*B0AtInp+2B<eCk-qHoACNH?|oZ@$m-BjRNm)0-
5(dLfe)Nidb@)mw2@bawoW6Qm~&Dpqvw_^5g<b-
bKnY*aViySSZM$DG#7E;@Y&8%;0yS92FpI5!2C=`dGpHEII>=!vQX50g7DtYxpSsC#u!=TTVG+jjxl5Hs-VtQpZoD*RbOhl!VA;>5ZHjg{;K%eJmsXA%Zv
<XYl{r1*E?h59sZQt>DhI)51mS@?ZP};ojq>45ygnNKITjE>r&Q+Ln!9bc6j;vBgiFL8f6S-_X$?lclR`s+@+8G8-
M*>73=oFI|mqn+!vvPmtg>mO5b+;`aZjiRneuVlW#B89S(|cc(y<4%s!>k*RYU<cQ3$(R8elrb)M<NyVxFdz3#{a&Ps%fb!RGJk%jVDQ6Xr?Z@N5~}N#i}
sxYNt2<pcAKB6&}%wspdrs5j-
Za92!h9m6?d4*_e)2hlh1i!t%V`ZqB0fB+4YRU?cS<m}kCRSAt{F9kQN%58`V+fve{j4fF{X2j3u`0@XTQi?jUU?IF<l`m8Zmb3&d*n^w9^O#AF<TqLBsj
ufe#)N7hk>*0wQHB~omK-DdG6C71FidX;%(rMoUXcS*sYRp3kRyqYWa(aH{-
Bal_^dCb4$Xdra8e4I2xwHRKm6%B@VNN)E*XL=eYPNEAfX~R5q(dB8R%jv8-
bLHGn@a~^c<NtoG6TYElpV&^dv`tMvGbi)*${86G%FTQjOMcLl&83WOw^V#OD?SL(TgW?O0_$TEYQe%o=PP9hPpHvXgiU-Rjb}(EoTj2=wVSuPbt~%?z%)
rTjtLx2#u1q+FH81AjFvd=&A8KmWeq)$@L@l+Gyutf}MNePqlFl;1HJ55yxbK?rYETCM(s3xIEChLINC=#&ZIL`##o|klsSuXNq)!G^74%w&A(;xBKH3EF
6^F!BXry`tDd1yIObylCs6r>oT$jp=Pd%`d*ZC4wTb8J<cFSV_wWK(J+Wloq;ut_ijn0V!4aD8;+ScK>oKVu+Dk78EfGat%GR%hLZ4|duiY)J(S{3-
nVD_B-blwW`mJrnqU?bXXS^}9c}QO?v=esu)ZG#ri#`q6{WE=&!}O7roz%{o|uQ>HUjD=f6#2R62t9j(ha~-
<&A0PU6Xni++fCcR`Fsh<P84Unx{c9S?)Zeo_eE<5hath(Fl6jXLj}w&Fb*!ySpdiYP4|aA1qpy*lJ;JS638?$t6}O2--xVF4UvZ;7h!ka*LPP=N%GrC}v
zAg}0uKEH!=3i8L@RJ$2<Jtl+P1xnf17S+`Y^wVwn$!ze;UOTfhwWE{mFeAKOWSj$l`I2hk!1qKOjb-
w?xMxU#3irxy4jLACP?zfo;;(1|7=>a=j$kCWi2d_?ixOH!JyHni4Agc+HGY3Ysh1jO*=7v%fsb(WuDv8HT*K$WDmM$tfiFtCOP%7br;-
dIEvR6>Uz#cJ%?>*shF)-
Y1W@nb)6!7dh?$)+d=|}|44Rs!#Eq{p>32t$riICcEkT&{lOC}TbfQnind+!d*P+06&F=x*5f;Wz9MMUDMS;QxtqcaHeHy+S3t0vt>+~eK{tpA<O+~G0Y^
HQzb+1*}yX?`0oVG@25IRSUM3r}Mna<<A;rfNa;%9}kA$zfvlavW@#=QgPvA0x-Y*YA{rG5~UtHkKppvnxl{RIoa?Uug<2s$Q+-
x%FO)hwDUh4O0ym;zy$j<=g@$dkLI$g}LUN=&4rap(Jb%AwOU}B@wecWavboE-OV!RTPDG05AqO&v{q142~+Zt2+s@{EPm&WR%-
H?IH!<J4!IA^+r*28PsjgrPq}+?*(UXJy@zuT`cisp*yiZixo{eU8l~x{2nau{E!O725W6Is69o^1Ldn{#BHJFRgnN9+b{Idt2?3XxiQ5G3mVI5%xWrv9d
@Tz4$N|2vzzT}f>Z!QyKgFkB<lP$=^-
6z(@wufhWS8s#x5YSY&^}`*g#OpwJ#8*PWtKUX=ubc&&gVAMcim^yN&EBnx8={V^V6{9U*#Kt?gD*jnyTz8?ZR7=6E}H_)G)Izz&Ur>iINn)3ck2Bk*;k{
^L;zsyx@6H(W9&M~M#AY9grJ*De#8^Ww+KDYf<TU}qd2HH_roTaC-
*%xvw{B)5+Yu;Qxb4&7<bEgvNmtr;a^C=pb&?D|HnsX3yST1Q8Ztsxse6qZ1&6SL#M<3j18$!)4py-*5I2Gs%Om{zN>##;V(F{IgLWgk6&D-
(~8Y^k`~QFE|c)9{{g=QI~7YChS0%f4+JkCgbv+;Zfpa?k8`0t)cjJLfRB%i8fk2@;fq=j*v-a9;pq-JsF-
G}qIUPo>(bYYYpTKi1u}R8PrCHE5Ho=_5rQXpij)715ML0-
~vx2S&o<gUdv6YnVqXGjljl)`1^B$1V<5;+V08#D+*o%gQ*H(^)!@4UZ2MeZVO#>%9<PZ&vlTV!7KDJe4k?X);lvqy=`+%zCU&XHj9Mqqf2WgwLC)$w@E9
ox}e|M&FmYDj&sGXD~}}U<%6tIXFdbgt<}0Iqr={F?q^hvfCq5g+Xbsx@>Px2mtvg-BUnCNoB72mCCQen6mQ1P!%huI}+S7b7(Rrh=qBPq}_%s=J;q^C(I
p(e#)f6?X1WJ7>DT0bOd#TWKnCP;=>}u7K)7|eh8)T5fmHk-i<Hl?6ds?L2|W~4HuqHPnb-jXVd;Vs{7Zle)&PkP$c%T(YQO~OG;&z9m<n~_ZSD<l9FML7
6MT1gCis_hXFM?+b4%$rk+m9wcLp;H0nXO$v>Vv-b*GQsjUz6*Qtjo-?lFJ!kONjnweB$TZ74=?&1yzD?9frj%y=xi19NZWmi-
m2gDw3NxFPj3(k+r8W0S}u;KE_f!UKSq-GQgJNksZ&Y;(Qc(QGzs)!yDkMx{C0NF|1a49qb967-
psSkAPWA9;~=SI{QDs>WRL%ju4q!Bu>c{`#~g~0$d$K;-
mzkzs#kv|2!=M?;i;QF_}J%0JuKm7SGfBnaQ{=+~0<(Gf>P3eq}REw^<0TjqzL2s&R?@?dg6pk)E&UOVD^C(+rh;7QUOZ*!hHxrz~ElBcIll9_?OU7)4%+
ZC2dAQeGmh^c7#8jq#o90!8wT+mZt>a2+t7h&JYN3z9C_J3v4HYA!gSm;};O(r&IJJis>F=mXdaUc+^1uA$_rLq~Pyg~R#BUH*>WLb4=a*fBa;tkfZ|DJx
O%SyJiGzl3x@p&Dy79z8K^G!dGL!XjUB+JfwgR&qOTnnPstw^ax&Ia2HR$@PFxz=p<ga-
|Vs&%BLVlT_=h?#%nDFdM!r(y9E5}_o#)cKma}zn7vP0L%yZHIh-B`RlkA(Pb$|{qa2ks80(Gz-
9#U9^UhD%jKS2S$Y=OO|awchq)e8@n_;J&x$OScGC?Cn&<9!WDVTWRvL%EfSnp*WtNCSRC`xCv1Z*!u>>M2dq3<2ss!gz8haq6q_DU^Z4k$|s#q)dCwp>G
o+6WVPbZ27;^8CGB{auBS>$D+LS}T8hkSQ|uv6hMjRn)*dr^4mxHSAz(>*n%oJgyY*5)g)Bz2C8<p&n;!*btxuq#0zQpE+OOY+Y^+By_SnNLe#3?k);7E^
o3WsY7`w&6{Bam;c}U90aNDd0n6eC!Yu1mt-5nDp-kBq5iziW*vd6YbqV7`(HMP2^hq|HKO=ad>jyC<TPO~iwqT+vZzoUA&yY)jP%#a<BIRndWXt(z={H2
s2pDrIg9^tS&bcrrw0nm4~hTz!$jFh;W#Xi<!^r{qcCp6#Y_bdNzR*X=Rkt7(rBFvF<<(E;os%{;=J^~|z);Z3S0aH(oClJje<;>f1I7yUor=n<6_BtzLG
-$ZCnvmy1JR`NfNdKvfgd*)@T@Qizd3&ZLOgO!Bnxme~lqcJ75DPCeC4J9I<U45;)7z^C>ZWH!Qc(cSx>BQAndittIo(K(T3h$HFgWHj|Hb?`WS+?kmx)=
Ap&r4qZYD17*Y*^(noJnuKh?$o^m&xe;3g<M8d0XC>*`x>felKZLXOZ~Y~t>Po~{n`Ebb&LJ1b20M<mUK7a>r7NJJCw&n&x}w&3i|5rQFVzf(<*!~`T5B?
UgL92jl51Zq9$Dkcu!X;o5f{ZiHNq><`zfzu6OY7sYKpF4h_T8dP?2S0S0P;0{Wx9eFR|J8CN_2V~Gc<Aajr$WDlvXw>UqoZ+jjimLe1Gh4udpYp!&4a^K
K-Kt-;tqz`kM5{ea-
)Qj5uWIAcIW_I?q)ox1to>TJMeKE{+0^dm(Uc=FtW~n(y+tJLjU!Q#d)~yFF6XJ2;s`z<v3$FOOyB(U@3X7j%ftiNAe0I2kKUuDm8m|5QAbI53NxiSl%sm
qi3-Cu`CQ3){yQ2#vtS>)ch*4>B?3sO9oyBp4*<HsWL4C<*zK$7Xim^52DxOVZ!AyFYrh_PQ@i2ywzk@WsM)2VI9c~!<q^U8n{(-
o;$mI8XVod#HR<{)v@t}6mj#^>BS7B6GDMqh#N;E67Z|?2qE+wQ-jdhVyijSF2tZ@tB?K}FVX#d{WDOEZtnG@jHy;Z^6|Il)Sk;SIUR%~3Hw&_yoqe>3R|
)^r3`qaU}lP{J`1j!>7vcb2u*Dxa<hwYM+pODec=I~4u()$r4KqbfP4+HfP9DQzW4k=q@t%<KZstJVqy27B-
t>qU8@=|feV9HMAtJa!hzNETR$whs&Gll7NF-%?aKo@6%Jrl#&k+=Wvm<o=lM`@|D<qY+TB1U>;@-q@Ioy?@0E12sR|+e@03OA-
1487kO_?^kpcoqw^^Mno17_zrZf&M2}qCinvxMj&onv7^DYkr#=8nnnBb4lK|Z5>H>Gu0skpg|AlI*a3iE`^)dY1|9T!fjS96^_Jw)8Sn=zuQ*<>??JZGW
$eCe+zKwHlQWj!8;uJv1PG7Qh?8J3-UpPqrTaYX!m%cudi&NM91b6VV)Quic;#JR(oN27kVm=0{W_+gp%-
BN99mM44gr1wYuzETUj6Vy&^&=W;MEjz_)kMfhBtJPTU^nknpE3`Pb$V4&)HHi5JA{NtQxm<jBY6_GaHk2v6+eZNQc3%g>Ciufj15Ap2in3KSf)+hWQ}Ch
Us5st|+%-0->qH)0Nrd`pnkFmQLEj?S2}hUnV`d#qQ_uX6);*tG^N|aD?0)USpngVWY!3^zRL7!%Iu&OR!pE-Z-OV6hMZc@M^>2BmBw=#KQpJG<(uvn+7H
oINeVsPd&=wa$#dCLCkLyceKB}vgJ<>_(cJ3Ro&v1YIb>zH8A=e`X3$4U=#q)HJa%r$_6Gik`Kp=V~caVGtuiHVio<SuU`=`;%f`1EzW7^So2lxlVa|>j%
OMP+z5i+TIXC8|)j1CWj80#}v+YwI7QGa^1jmZ}+!EGuLV-KaB&NKTamw(MP>Bi4fErL$ddL^Z^Hag<vP<SyFg@enK**l?LUN?0iw?_Erc$SGKtui%Bg_3
FO=8FDT@11*iPgJUvT0?<tW}L4S1iEt0*!0;P0}3Hr@&1vqA!QSj+#J!7l_Fw^ntD{8KlvescJpI|G+3QuFqP?M3@V9wM9krFP+h4ypc9B~+*zQwvBkHCE
LiD=LTI6bODe!arBE~R=gPUm%W%%DIms@bC}f8ifzuf@A)L)~%q@Zb3?NwfMYE}%J+Hf?>Gy0;C@u~DZMk$8qF`5cH%=OC9yfl{3+mydbu-qb!#F&ikft7
u;dIOd*mqI=oLGoqFui5wUH922Im&>x4%8ZRA}!f~wIQlSQ!$6tS|vGVCf9GJwrb9!b6I>5dT2)t^LkbE?!VpGY9h_=4%HS_ii_Wmwp8R;n;6$4n4dAF>a
{ty9#m2%n%*F_j42hvt^(VX%74he&6p_DI{NfW*k&Zvx7w>BvVYUzxMonQ-jxr$U@oG}pd?;_?z}%7`{@ee!xcyN8P|IPfBEZw{llMuhg~8)vU!0M*^upE
ymS_TJ!=zfSL-q;z8ibmLKf+nbsV5wxl9k5_D~hh?QP)%YdrDpA$D^uB~Ko-
)po}?#(L&VE{7`wn2jm0%5s}?71xvx^Cu(Rb;Wt?nd9U>B3!vlOpcHY%8P89VZkOv(&m&Cadrw)P*Zxtxtsx&EvQmejw)XTBq1P~DQMlH+@6qHhrgU(-
^d4`@&e=5k^!}N?pq{B)!nU89f?#L#gA0_vG+g$jAm=6%Sj9=yjDg`GHY1Q>>_)pg8D0NKE*nxrAZ=9f?lbh4EEaa`0$pKufrrh`MOQhH*S;D2c~yV3hD{
UmHzhB01xv;2@sr8(jK(mU51_c`;`qu2oBWp83XZN`^wKkheJ&WOd`3m9|@Q2`g5!|_p>;xHJ{EEDIKz1k-
CP&(ZU!%p{N=<05XFCSc;K1fBWz6hyMKgKmPF#fBDD%@$0|*{*V9Vzy0OcKmGC#|Ld23{^PH|`|p2=U#ZL$C-*lg>U~-
6Ud2^c3t_In4u@sv)o_uenWk5A=}PM8(B8~d8mIJ}@Ec2~U;2VGD*1?#)gK*;8;Qg{G&=dNXdNPIw%~Pej103VMP~-
+;qW1K;*XMgV#080PAGIAi)h%UH@^R4Ca2%jI?SD}Fl46b&gw_06dx_%d_Z83sX&j6IRiG2Bl}#$vp;gcfU@ObK@XG_hj%J7^LQtNKv7$3eyXp?yHdnp!N
>wM6_Tzz9N^>2rv`Ui=W;KV?yK%W>u8}^r;UNsoOm73<2HkZ3}YVdTUF7oF%lt753JFKaTUpGe_Ctzpk3804^_7+HvkQI;E)&j5B*PzU(Jk?stG6ROkGV{
bWJDdM>c$%TcD}HysJzitSS0r=}=l_d}Q@k(p2I%&yM%r^ZT3MSkKkl)l1M}>le@BqNx^S)$MfF7Nb~MjVd|E8F^f<l=FfEaXW`)Vst;Of?CZRFFs;7$mw
IszPCEfWhVqEiYP})8Oco3T$*CA>0#5qopaOJ(U3ROL*LH49jzHnQD?Sk!gBDhPI2#VPjN<Fg<e%oJ&=UxE|UrgJd%+o9Y<Z5bJ}@G^cuQP!1VtcS9o}%%
Y_6N7jNg8CAA#1>qmCAbx_CK@5S}dz04lXPA;Crbs_Qhkvi${*35A8-3<$C9(>)!{wOFb{&2(^#^z2Z-#nsRq`79P`6ojpd-
i?AoJbw?D`8~+Uq53`{4QG^5bK+hVrjJleVfvgK2(k^l><@70wzdWb}OrpVRKssR31wVE>`$4l{#K~_DNoDpoUXjOny={ON7PPdd+XOt^9<osGn2gOv3XX
iB<AU-
}YqFlWFjrB`e1k>EyV&Ah=2V;&1~$^XP}+^E*+$*fIFvn(ryDp95byZsYk(1e?jF%iZbF^GV}ikET=5+zJ?P>`r=^l`1eC3Bv66AqzUv6c&pYw@+^qhwL`
TbFxs*BRPu97uE=HwhsqR%S6<1B6`fe>Gs-EK)|cr-VqI_h85f{@lL09+N-
tP)#K~PbuRaRapb1=IS>$c;JNcw3|D}0J{iV&UbHtuA$Dr{z;4r#Z@)6gFL}-`wuQAPmycWX#24E1J-
Awn&wF4$GZ@R#qA9KGCdKUfunqJASw=1+MH)FMB*|9o1#Y|X%j2hPOh<-
TS(ELaBjkyKlm5k==2hzk4j+zO&(Rtqce<n9>F`#)K=hGx%vw%+VpLSodo?0;WvhB~7-?fXwej0NNa?=9-
`PuFwh^WQTQzMQ4lpg!j_aD~19hk~I|A2r!^pw#mYQ9XozQ-{VW04W5`%ESnM~H{U1oXC+rPRtA(hzNvbT`!%Jny~qr{IrCSkf+XdT6CFgS%&-
W(ZAbHNZXE(K*uBAW-Thxt?JIFDq42-#OQiYvJgzVxpzZT9P{ZkWHl%$j;UzXsQ~Qt$06Ry7y3d{jXXcU~2OoF-
R(+PPIHLflSG&*nQX>EyofLLW9Vv}#Q&&!#%N58I9YCzAK~PI#<QSiVjh_Ro_QhdH|lewgD;3hx{ZjJEi$mlKPRSYjr1+3?_VPU}g{Og?V7r^Zcnz}m^_I
Jv&lmBAC7wn$`<gT0TuDYL-SKl!k2Uh%aV<DQ{oEW^xYWcDm|;FjaDbG5MRZu&};>L?kx7Z%ELI_T++l$h4#9((?U3ng%7C+DD4XLlX*BYCf5db19{BCGO
0$ER;M#eAvSyIjz}JsTW@(oK4fk#Foi+VIzBvvT&lAT2$c+%3kzF5{E1RR<M=Q2b`6I*U%7lH3Q&d!_xIu5BKBWTwkcR({@1rDQ|ANedQub2+@gBDahsm!
FT5>vM_~D4h7)J1P$wRfLk!jB}t&lJ(zu{ovV7^Bh*%dY?9NM6t6rOyCK44$?Kw?Zb1YXX7MX#DBm^Jpqxr&spU(fs<Q<F57Ww`Zpx<Wb&RY_nQ^SLAKKc
egh&7$Ga_5)f@MS$MWgHyzR`rm5;<nqz;fVWU<$}HZ*e|7PhtfutG|cmFQ+45S{nj2>bt^V|LrMA;**x01W_xpE8g1*vc=D>vF{)sT%?CM5%pf&?w#8Z7Y
!2NYC|!#xb{lQ@FYPTVgghXN`(^`nSP!v7h~$)tFPmQrI?owEf`Vy6vS~Tr+_p&^!DR(!t={suQXF4*)u7K=Zb7pKVsI$QRS#c#XCak~h!H%pkp>W0l8;?
($vq%sKzY&)t7}@@k&E=V)nRfy6!E=o=`x93<LS`rs|pW~W6WkFkTw?m?V4;ZuQBakOk<ab)R;#W95UaN$G<wzrr=3NFp;Bmyb1Z+y0Uat=2$OX(>##YmT
)32(PlLNUlkF4F8Nd-iAU^XC_vZ86OK#NW0Jm=q(iSt5Z>npVALr*<=Nb7c-
!3GeshPkmy2&Y$m1TYK#sjyD2CbL`?nv0u_5KvetoJ8gSRXb$RBScs{|%(<4_+~(sP?%s}$2fZwFKkVqn1}4RXBk3H5oAGm%PBMVW<);x&V?S5zckG4?Oi
mxZp>%;=?t|v7ZLdbmTi9at17c`bESt&u$X9tXoYy%8QSxw1^PR{Mv1|z1GJVfa!R0=61(3CTaFg-lp`#I93`Nfd-
c!g`vM#BAzk|!3$>qktC`OfpySg8E7|oeZ^f*4W&RIh>OCrX*rA6$89;wOb`rnm;J+QUOu0U0ER%ATyA8?bz85J!L4`<e^HUv~i<4TqQzCB)!EGwCX;Vr7
4K0%VYW4=3~kM$K<-iVx76<@JkNu~MD2aBg#)=UF$XGLeirPK1^DYTP9J<jGbxEzO(xS3PfyS~NI<+5+gH8-
6xr)c{GR9CgihE+&@&*rFiyF43>>di{R?zVjODq@y8o)VkW4V>5$daC7;y)W6XyWItWwkF3UXyRlsCzAWPSPekR(1$6?!^ejW>8vhK-
3~%j9XeciILGn0q;uy$^=bG7!^H;p@^uC)%TaettbFHk`xnLD?zhJ;|NKAy@!$UIKmFzRs=@uoL*@VfiT^-
aQ5@9Nuf)IYT>r?hscaD17W(rC*z=Yl)>%Gpyc{1p{NpFvR~VLX+WCz&e1~MdlvOm-tQS(3yw7w0zGlQ&jN@GgT#K(DFYW)wDShMrJd~f!DPR2tLh838J3
r5ppGXgP$&vj34f!A1kX;*424^J<i!p=&44iAMuOvwHL5%aoZVYP&*k3!$|LNaf{Ec?8o&NS^=YM@h%GX0~wCoe_fA8=Qg2qM>v85mU(9RFpJru!rno{<)
`BdI{|KYC_%qZWFZg9{sMD9(a9Q&^Q(XX4_&-$OXgI(QIbabYp^Wd3wR97txgpZ7+n!~;Sw4HgHaL_Z1?#{w4ZO97Z{k=2$-
}QCHj@Kz_+NkR%TY2`+TfEXrer<}c&G{XEr$zoU-RzIQ*{SIvzCZUlMER9Q91}PGnD_eaKz{tCjOv$}{W_Leko_SsFF$SNuS5LhHtJ_<U*At3-
seAUD_6Ea1Bq+I;!3ZE4z5L}2MF49YBv6}c5*$O_EwS!$9e4JrXy$X*$7+x=lRCkMvc#usG8oPWAD|THj*E!`Px4Iwf*4i>-
Sr{KD)2%r}S2+e`BNktDimjwT<PKxX;fXpnM$;U!2>L%;c9x_^A}K_xAM_@Z?T|M)&mxU-$ge!7QIMc6oKL@6f33yZbu-
8JOkWI9t`J@xp!zE1%mSm)Gm6p9skOM(WADH^kA&Q1aav(732fIRg9pc3=D9b@*QEPcLO7VkVsI`0uN5oEhJ~Ai-<%j%&wOr>;l)PdZzjb^1i8rvYPr-
@gM4zn2tcsbAathZtms&p%o7y^K4O|FY_5`{C#Q51*`i)0GcG`n7F}bLOv4*PSiEQ2xnmm*d-
7Utfpn195(`j*{Gn>qmo~JK!5I^37_ax4bt**1s}bgvHVYcnj~A%uG;o8IqmY(y!<C@z!eFLbbm)psCv?Whu5L8KF5~XxPk=X$f2PD<7-
5>emn1RryNWCPv}!J&tGjpmaYZ=*L&o>>Xvs!<BA0O-;+Uan?^zc~-
mRbj|)E+vV>Q|M^(?Ikzg?mVQ6s$0T1rn$_}u{8;@q{?#{CkMe`{|GMCIAbWHBon1ei-LH7wndeVC{0B3>4e`gt?Hm2F<ZiJoNpGWN^yoXYXqn@FS#s|iy
X>+VaTv&PB<1NC>6eY{=|cU7{Yui6m+6^L>oeXINxQB4o69zO*>K!4WZa3&_nY~=n@{9$C9+ox-M6EDE|TG2-
J$XKM!Ni{XW4Gy`~BAAYlpQ@4EZ0A%Fj=B_qEN+2YcX`?f62px9e~DBerVw%h>;Ly&bAup9Q$SjqT6o_LC<lbV*Csz60+oZQEzZeg!Q%MsRvt_aQ0AC%`W
sdvty0-1UdRtsXzcOrLt&Sw5EhliJ)iBps8TxTBHB=Iz$f_ozB^QKX^#;E=QDmTgD2N*wJ20r-&A^cvRj%SyT-
q?TbsH3etKJKwR%&nLY66un)a4VNpm1G*hRw;kt{AEL$b6aMs#z@2UT;ZNwaU&A-P@p-e?5A@daJJkKzS)X59#b&-|5_o3qv;6F-
Gx4k65o$hma*WRU!<UugD?s^VnkCJ``8V{Vz0f}d_TP82kIh#|a{e5dWcBNV6@5j+yDq$8o_wZ!zMtM!-EVliuKt}gloX)<0bbc#BQftk{?qS-c_U{ZB^f
n*M;mT*JVjO3s^+~#Q=_Ik1oQ8De<Wnh#C5+Va8YB5S<!HpcE`LYb$UxPPf{b%w!U6xpw2^7?cuje0(Bu&w^AhSQ7iA13}_GDTNHDn<1I!WgqTCL5G@1<G
`(3OAew4F`TlsKuDMR}Sq-YY?(8?04n1<tlka76arCciG-kA3#W!mpd-QCoI2ldKBL*>`kfr{>H<G#++N<rDQpO3PlBWL4zNj>HCJAaJokYK)U3xHxwxON
a)R!EhH9b^lqqA0R>#d<W9eT1sD0&yBYlf19u+&v=mE)4bt)FN{U#QtgL=f@t7W{CvcU49qMW!7pZkqZNDs+#!(qpM6Dny~q(<S|=k;TZ;Ff~D~)~9YIB}
U7`Dn82FrCcTvz{bX!S4G=TYHF(E#M_med<>w8R~D+Tt5~6^Basb7MUqdU@lieBEM!TR<lAVVmT<zYJ&3AOnM}>PP}^xsEuTvpTSMUovvG9Op+cn=Z7E$v
%{_jk(A3>09w1aTZiXYDH3lnQnru_08o)F}lq#YKdP!8IcVx@1f}DOdSM%s4NA5-M7-
9mFQHiRcUhDJ>QD(>Ah<G(A&ZcM+H=!?!H{P_udL_&4@X~~M4rVxqCW+LILfb+0S7wG6j@^(rM6{?b$%=&FRtOx#GCrQ`c*Ew4_Sw))7sn!SrbkmX)TH0_
s4*|^k$%605N6@f-J09VP%_QWL-YN8ADZo;nRA{;tzzDjox9y58sit`Qfqrm9=PQ$G<R2>aWk8JL%m1SI%9C%tyQaP1$bz-J*Bd^`qx-
?$!BWw7YQ8Pu_9BloiU<ay_S!5#1nT7H|lAjArQiZj0_p$Vt*l19QXbdX277M7+N4vdJcor5vI`@?eSr~prIaYWL1hR3MaLNj8q6L>B1IJlWv*rQF@c=*h
TY3ebkR^$9XfnGp3^7x?K%x=xTQ@QYM%vIZ3?y4n6fEbx5sq$V5m425mBJPzLi<iAbP278KS?4e!~_uSRf`KgY3TrQ0Lrpj1O?5?#1sV8%e5BaT@#v`cQQ
F#7XsQvM3!Z5*5?fu9PcfRUKR3evGT7<GdX|9e;H|Ge)E5&h_4kIwQqG@3Omi9p@*9ikIxoDEsi(4=SPpk}N$4GvvhJGN^A+q^xyH-
yX{_4c#1f&tMqK%<8^Z>(j{0Xm_>9WG%abbN;7=%aB~VJD<o63T?(x2B{?MNE^7+9Q_49X=`ESC0ph-V-RvihrW9Fr3IE_UbL!u5foTLRyL*Vcp{6tH*y|
dmkzWj{~<6(vT}2HblH*cP^>%g)p&X1;WqWdMfFKY20TB&S<Vz3unp7&C%r%V_w{Q?j^b-@q#jb`-
7k<B1gAd7OXSNXd=mL(1No(q0lWf+2`>buGoo1Fo}GMde1KR5W%pXUoB93l+O9&jB5BZ;kk0|VhV$&S|^xVO=3-
s<uHR$^i=ELPDXf{{k*c>_4EMLwr5}`pJwGuP*22|zA>C_va{jfjsxPPZ{aoxg+k?^h1qS3(kU8nKwIB!cP0BN;zk6v-
(HK`DPuJ~$V@Ltq0#}UZYMOeg^BZK!H-PFo5^;&VMMEUoAXp#HZNQ#zfx0s_G_eNWiR@Z{U;+ciD)9pR_^PQgPTDLWAXG1oU<l({&oXyGTImsl&|0-
HG2q^A8<;*u4=l-
C!L^$hE9`AcSH!H!cwlSFFHTGV|9ULDtRB~p(M?lp@0QUy|`~GlSl8jX%35c#*YVbeVFNPn$y+q4}IwN0k~<O6Nk@@Xd>MsG4`3(8H+&8v#LZ?D1F~<aN`
{Gks=4K0#7sr%lu%Ev@J6Q?u3q;?Pwn0<gIFrf_m&j$s8t_RAk<MBOO_s)H>9GFR15HyNxsQx0)Ue?H1zW3ki{xBg!-
iI)Zb_((Hlqk_u6f^MkwwBbwsXNIfsywYo5rA&A2$Y>NXx8-agz<p&whzWzp0Amm$DNCy1w*Wdr^zy9HOfB5~M{`!+d0L0F*-+8Y&=dyg-DM~gYdQxG@v4
X{WSvw1Mb1O+YO-9<JcnI}SVl&mlkR&)((gZlGcOI%~Q=J)@md$7-
hu468OIJOqY`2Niv?>?RsW+?3T4(Om!HC|p7u~=t6;8Ief2RCrJIZvw)I8=Fm%JMCd2-
+tAiSHQPjjeeR(ovSACugV@fki#!++fmb!LamWu7BqM(!+cpPtR`jtn<g_w+tFM{J8BFgl={uD&)3|0E@;ekkC>Q@%D|-
kPsqQ}>rng5I||>Lr^J<sE5ToyN4vldvabX}7@A@s@Ycj}QLZ1<<!oaX~bS!C#dR{xkpXK1-
MFZhxf^oZCiRo@KW_AKc7LLbjuY@&Vbrtj)dK<~5oCRLVBuG9$mC1+m^+Q?%oYTJcVS?|pk{Cz93={jzr!vnA<yBF2?nM3r+e+{`8VzSz~t#U9m)8@JxW^
*Lu&DOP7mSr+N3?p3O2^|`mbG9?1vN;{L3PPWL)mq?IX9V`$)E6Q`+yCcH`m9~h%Iy}B-pR?T@l_N8xUw`a5U}q}+-Lm%AXE@po$+s{+d0(w|YFTxY-sw9
VdoXVKw0Xn^v|5N+^Tb$AK*y2t)Yp+DeUG!R%ca}YTIstxSGQlysIMb?q8|4i6Mi+d$ytHp^u<QjkB4dXa}S$Nm#_IThuh&yHnTYz$NZb4RzF9rVd(ZzJN
H?$x2^v#p0#St@Y5qVdfiI!4&I5~tNTTmx+IqP$jI|VRmd}tGMhkPX!oQ)*gKro?KvQ&WIx^3Nx{-
DrjAZ~RL)y*GcJU;o{9l=$GZ463qrVraL(_jKQ#^RjLeZp+C6?1srh1F+L?+{^H_W6Cf?jW1QF-tp}WM9%zv-Y+UK-
f>6B8T%i|8tftxKK^#Q8ib@Q*+u3_vRY4-=T{QF|sxqC(Ss4UuP_Yk3VB)9%y#Y@r|Wo7Dc*GEZ9nMY3D3?C67^{*uq-
)yu#!)TK4jwG(VTl>Mg)h%dN+?VO9&Fx^{;zerAO7C{<dg%RkpSVWWXfj{<C~uu^)~Q791x={BPuwn|UFPDPru|>X{BBq4*+haVQCifp_L~!`a;5@^&#`A
hR|eWLKk~Enn|m%j<<;fWYb&Z$i}zW6thkg@q;QO(V(jb1jO4P9T=`5yy;EezSgFUW%BHlOW$i96VySVIZ(%e`$Y&Qb6Q1MDx!tK+kUbOhmI78Zz07^$Qr
@X#PTE*!#-#ZyuAPO>W6LLG0D7fd#<BMBGRKl<+u{-D?Iz@ENf@^}qQfIgI(IB-AY!Eh{zw*GjwyC9nR+`bqqdR(#kITU89l^lTPXl>XIXMm{Q88F6x&*=
Df|#gUY>g1k9vGsM81w%_qTsH{u?5IGJsK=SrZ%9Kl?svNsuUCM2_UJoSQ(_j-
I4bvvRI%S%yNQ67xzAH#6(Ul`YgpaxVE{_z9Yf)nOQ$M<+Ox2{Q>!D{w7>Dvn&)Gbq_Coetr)c40a-K$xlATK1<qQ}a&7%`s&$1qSNeQ{|VpytR|-
ox{mJ!t_q*1cN%v2YB|OYo7tVx69s)aAAaL*^O0_gk<)Q=ZEp0982|V#C}+W^m8})TR|MUcn331W}iARwA5B3g443rkAPCon5U$QK-mpq?C;$cTiYiYtd9
>%bDH&t1#fwWoS^OS{`h#yvXvpTUoJJOjPkW?ku8_gxNdNBcT%kk?MxqVblFors-
|?t4L#C*sO@`W^|bwF6=XN``RTK&=?F8r{3(&kQIn}KgOxn!&?GS(NzF~g*R%d#C2}V6Oe*D~K3uy$y{hfZ?%qw;o_tt#2cVEoQ#OYCcfXR%g*`!%Bpd2=
?v}%=lWCM5j@6b;!;_uV%>pWU?rLgw$$U!mTe3WspZ0X^ZGlsrP-AWqTxt8*J<eWG=0t(2dma`V+Rg3JZn8clxLGWwb|)fzZxzP21>P}Pw`JRyTuFGHA{#
ONIekQm7B<5@w@=-ja-
@4yefvU9W@b@$;ugi$&7b1$Zl%1}Va3lgr#={?xw3z=xzT>*l)=nHH7eO#hQ)YNj*FZ6gumcX#;?PLU%Sg68*!&#Lh>t|X4=(FXPEe|DruWMY|iPrWsNus
j}tm6gdfZ9=}r!N--j)OtC2U*Gp@9R-
$qSbw`kcwS+;IQHGt4J9gTZDH%GdfpGV@>k~ji?2&Mcphf&HsriezV&L+>9*<3Z8T)%ok?B~WOODSzf!Wjz?2*_%6<0dI{ZlDt6*dpmYq3+>&OsEJvTbaf
>foK@{sO+gW7Ixp#Ib&<NaGVekF$xdFoj@g*tjy8sEgc=B5v)=LNd9E9=drLOMO&<Bvr_A3OQVpcDbvXfLZZ>PdV&L1%l#7~;Z@cal}q(pPq(#XY4t3;W5
=KOH&WTQ7^I`PE#he9Et}G^9Vi`c)5>kj?M>R?E%oK>TCH6?@;-W^F4HOSNN;+7xcb>EouVEok_Lp5qy19eOT)or8`H=24OZ?Jn-pa&Zb`q4yqOebQuWGa
u9_b|-
OYXBI7w~Bk&qCjj>}!sR^90CZqAdGi*p@r7b7O718XzGac>TbuQX26A?BUO4(+UAE*{4&A+*Dap4O4eg>c$jcZ0J<PRJK)+WGbcqmX>r)4_1a`tz|poxD!
7?EE}FP11GO2s~Tc(?x4aP3;<i{O>f7Qly;ko2*95T82CL#FZlB#Unv28@#wb#srr8JF&w#BA8oEsXW^UOUbImbNH^H4h|&q5SuCY7HIk^65PiJ)3oZTxx
uw0I6u?drQSsU#GAaghg-_QK8}71U*0X`r}ZeFDq@Yya&3Pn^PCByjhpgFssw$T2R2&@w1QneTc~5-
j0HgRiR*4Kn0fFfN2SPx^)1q|j^^ab5`+%V1}WU0!*UoMMPfO<9g%5Dg_iV2ob8b!#e$Bq5$uDZOnlw7Th%Hr6pcBh{#}_1ovdS{0Vqzj3@wKF0Zc7!`_!
eN_Wy40Op+VNp&)u8G6FNf!}L+=?v2bp;6tiSd*M|_t;)6}3iFWpvI_M@5FFV7Jf_-g-
s=R#lAF(W#{J2%CAJCge~Q4bnzo(f;!e04g3#Qq_TlRIH00!H7}=iwpmujbxi;xw0sQc2A7=d^QFe%cQiH3`J!XP+lS(pauk8};qAqyyf&e@k^;}jh#UgM
V{orca;Nq_iV4D5HJ07Ck{eO<Ye>Q5|3U}7XHFL1s&2|O1NGg1Nl+8#W^K1#MyltGY8p~G=jy#2o>D_z1Hlw1L<uW^5!^{}kF$SNv>W7!pgjKhBu0$hNFw
Av-
;;{|t_7#h*jpVRW;obY>LuLop!s}U$yXy9j98RDPmb$&>!Tp*JWAAC0O`+BQ9#x=3V$Rrj{o*rHFb@Ui#$A4I^sL*;>IO_vl{vrUa!HQaubajo{G@9b-
@3ZnqXv^_wp+pN?g$=~^yRmRN4-
{#kpxhD%+0|{6i4TL0t)VEyWU%lq2P+mlrfu+kbkRR*(A|PUHy}0d%J%u1%GWd;D|)WC?~Vp*KtSJ=SVN!(9MwfwMN~7&C1FopLW8t=l!1hxt@UVrl88KS
Q9(z+T-p}RnxvYyVZ9;weW|J#pQB6nianKznxv-gIf-R@OBQRD|oBwVKj=kqiEiWwe0RLF`?yPb^Y6b_jh-xOcEt5k#v;TQ=Fo=_3CxsV3=UH%_pei{(5A
;^$*>seE9gn)RMxllFv|17BD<Szqa#C`(NUAIm~Ct_Uy;wx@zin_=9o~{djC&3T4}N{D>`}*vO<d*0Lwk#GRF|F1K+`36j-}x5d|Cbpxk_kln-
7to2rYsdpKS@h<1`B5&<i4a6U_>+_Z6gRm7Hq=$hsSo*g6`7hS$2#DDvj4*XZz*gCi4`tI;opiD))68wjUbUT_KH^5tYz`pS6OE)`+`|=lmru5UF66Rz!m
P(M*$$HZj??2Cid#O11Dmo7Q#5fcJMyGkfgH>GK=HWqPc6u4&!k=+C6F|79OQg?rf7;s4h`G(0T(?{PR>-
wht2bc&sZ+Y2WT75TcSDATd*B|Y8$sTPcoQ83f=K82QDP`1gnO-
9l)=AfURz~ucr?ZhwK?@+*HPo*=EmUb+R4TIm`sXrGDFXxai9NKx}N}$2aUKU_3%?=L3ear~Z38TGPk%`(CE`%G(#4&(-4|c0}fwUO)Q0+O?3Zd6l?-
bx2IoTl!c;O=ruhB-
$GG*6C|73cLPdca(X1((6I5iDan5U0dyvS%ms^hd`vO9T2U(NXQ#X8x@(C9h}<O|Jq0pUc1L#(J}pSX`XzbI2XuHukI0pWUnfrk?e02$pUxX!+apg)$P6h
3z6a^*F}Wmfz+!yFNKk{7$ds`vPaViB}`g+U3DJ>u=Zu^)+79EYlKg(UW$`iz~&@Xc!d3K4r7RaciTqfok?TR$StZq0FkydC<@~X$fdT~NMZqMVYO9F!CF
4h4L-
co?U^^8YSEp{!5xre;)sO!uA1b}nNN&MAVOG!D83bSaE5+(+aqngLRayoS#9Zc$1S5C()ww#ZEw5pT8dS!Zp|Gj;;^dSCvBv!o0X_b%n`98$yP}5#L<V_%
OFg}TYn(Hmk6MXn9{J0*)WfTq~uG+9vG^A^3c3Br4yHA3!@sRsj`Vjdq;XuQ8$I)z&%#$v_@{pUuc1cp6GcsY9x?Nz4ppYq@sm(zDX1R`_Rw|9SpR#PkpZ
Eg^(TB!c#)X;f_(0?!*l)Zj)F%xRXLS@hoC-ttrtSndx(fO?PGqtZ$SA!#y^x4$nMqfAuO%q&SskeB3r=O_(OYppG>R^A`J_0~`bVsd#GfCj$;XDxmZYi?
E104Cjo}X1p<-xSg6kh@7DL$!eT`)<-?`<JMvKx3C|#39~CNsX7hZc<;645ZioVKC?Jo0U~Hco$q86ba;-
}i*W14uwrbfD!ik(z8<gy!Up<MXbfyY7Z<WPd<WGpR6av%DWX)~%OPHOW+|)nRbD27SCAMgBo3?6P`LM7aUn)S^MHzlx$g)-
hWC}8dDzS;ft(}<wD~HgA?e*3oWNtX9awuSemH2vMnzQlUY)m7Fhw&_x`Lcg*}6!pP%A$z&d>UASebcGiST*UAA_qwt)R+A=lRO0aFj~9P-
)_pr)c02qcC(pOnS!u$3wL?d>Ktjke=<F9<}1HRxndC*Z?#>(6UmklPvEYc4RujahJ-EqtyCgYCI1+paovlgofF~8J(qZ6-
L3Y7k2u}MM2j{8Yo5b##yDb6~gn3r*5=gKd2A1)p-
p~IL3V|$QU$vLsl@=kWi&Jy;OC8!H}5toF%`UPUbujflZ7EMNNG@?V30!Zk()$rz4&jxd+4G4ez^3xe{FQ&^|L{T&Rg^;3BtpcmnBgFNc)M2+kyqz16;kq
-L%THE7^o7299d6UT*2J3MI<$b3ax0ug~N4UGsehxKR$eNg}(Lcv(gx-)wmJ&Z;OB!Cy`fqnfooBE`%jO2?+TX$Qd7YHirogXqFT2?FhWYZ=YWc{*J-
|<MA`2$3Nw7eUGWCP!zk#s@^0KWd<uqDeP`u{7nTrazQHjnlyV|v~p@u3F@VtSwmS`*>tYDb-
2kJcCtN%#%S^(fxeNZ8#b>V7_wK}7z`WLozs=ry4As@8dP=cDJXZ~LH4kja3S4<yHUG6&sNrzk@9gGs>3MCo*j?J`X3bdi!`g62sM1R6U#3eXDV#&iUNQ8
TdK8s8m1xHFScF*wMGga!Dd^%-
@#9)}(NO)!p7ogoa2j?Oh!^B5&5f`7GVzHN~a6Sc!aOsI9vWpuxH(WnFWQqU?Jr;=6h6BL}OFbw9+)3HSxNCW3%5Trrw!Yb;4q6VJ?qxrx**oVw?LljgrO
t4=UN`pD>@}~^5N+etWKtbxk`pY%olC=Po0LN&Yk^yN`#r(?4e1>7No5H<MWf4U|>}-
(KDRV`N1O{JB;CQG;PQs0HUeC_43A>)&weP$S=pNdYi!f<8KHyuRYpn0C`Dl21j_Z>6Re{o3?EvJV^&n5J9DrrULNA`uT>C?{7?mQE;0ja#`7Hxe8C|I8i
6E*pE(9>!biRDGeGJV*C=;3eEoXviCJ;s#7W#8S3e+CcsZ-Kaf+FS;k7!VLA6KW%#0yj9_*s)S9}S73c#SF$Q(aCCeo}q8>Ez59CQ@}VTjWMXMRVM*rbk#
FWwyWzv2Hcfel;!`HG9MKt15A$Mw?z`5gZRy&}K!X%*(U$D3+c(XuOKTxONLhDIo|*BR{4*PqK(PO~n$~s761Ucs^eioX2ydhyQrDx&!xAEn24ef|NMGP^
-)74Ju97)Z3)*&HEay(&}ONRg^dGqou3MqhzU0*_$>Kl0FvA^Qx=2YIfZ12)S-*TZ{VG#Z%0-
t6z0W!m0usG;Yku<d(o;;jJQ_EVcu&!yfVLtIkiKN1}2SWZojrRK&_Kk?0*(bIP4KT4ni=#T%^#g=&G6j3Z$qFVxhk4Oz3kibtEE{jgs!hFwqKUe}sUJ%-
C3Jy<O}=JueSqO3^@M4N$Bn+KVw;;C6kk})c7_Yasip>7xa*k^cD9I4K#cykfqSyTCl$Y&*rv(U@5hPOv|($xZeR1;l-
Y*+(D^)9KXF7463g>&@_T2QcL#6s_30OT4CJJ-JJ<I%j6ve4k$z;a{|8N<1crSrZAw*Yt+Q?PdNrDju!bhcy3!B)Ej8--9G^!bT*crTF~mgHWf$ItDGM$~
HJp1NNx3o<Kj<h?|fPB;mMglZ@W_O~p3&{TdJay;A_Vb<8JK3pY(_<x5P(#oarRbnC*4fUhMPqklmZ8<`M5jxzqZE>*EkS&kaGGB?@9q_?*UJ!7L$lqS&e
rWEyAa73CLmu1#H1T+{+A7v2-22#1xf^-fKY#xG`4<e*p;7"""
class resources:
    """Stands for importlib.resources: the tables of the entropy model, which lie in this file."""

    def files(package):
        return resources

    def joinpath(name):
        resources.text = json.dumps(json.loads(zlib.decompress(base64.b85decode(''.join(MODEL.split()))))[name])
        return resources

    def read_text(encoding=None):
        return resources.text
class InputError(ValueError):
    """The file cannot be read; the message says why."""
def along(shape, axis):
    first, second = (n for a, n in enumerate(shape) if a != axis)
    return (shape[axis], first, second)
_REFINED = 4
_FIXED = struct.Struct('<3B')
class StreamError(InputError):
    pass
_MOST_LEVELS_of_sequence = 6
_MOST_SPANS = 1 << 16
@dataclass(frozen=True)
class Item:
    slice: object
    before: object = -1
    after: object = -1
SIZES = (32, 16, 8, 4)
@dataclass(frozen=True)
class Sequence:
    shape: object
    axis: object
    group: object
    span: object
    steps: object
    refined: object = True

    @property
    def places(self):
        spans = range(-(-self.shape[0] // self.span))
        return [(level, span) for level in range(len(self.steps)) for span in spans if self.items((level, span))]

    def items(self, place):
        level, span = place
        start, stop = (span * self.span, min((span + 1) * self.span, self.shape[0]))
        if level == 0:
            return [Item(k) for k in range(start, stop, self.group)]
        reach = self.group >> level
        items = []
        for k in range(start + reach, stop, 2 * reach):
            items.append(Item(k, k - reach, k + reach if k + reach < self.shape[0] else k - reach))
        return items

    def alone(self, place):
        return np.array([item.before < 0 for item in self.items(place)])

    def needed(self, first, last):
        spans = set(range(max(first, 0) // self.span, min(last, self.shape[0] - 1) // self.span + 1))
        whole = {place for place in self.places if place[1] in spans}
        return whole | {(0, span + 1) for span in spans if (0, span + 1) in self.places}

    def to_bytes(self):
        ways = self.axis + _REFINED * self.refined
        head = _FIXED.pack(ways, self.group.bit_length() - 1, self.span.bit_length() - 1)
        return head + np.array(self.steps, '<u2').tobytes()

    @classmethod
    def from_bytes(cls, data, volume):
        if len(data) <= _FIXED.size or len(data) % 2 != _FIXED.size % 2:
            raise StreamError('the order of the slices has an impossible length')
        ways, group, span = _FIXED.unpack(data[:_FIXED.size])
        axis, refined = (ways % _REFINED, bool(ways & _REFINED))
        steps = tuple((int(step) for step in np.frombuffer(data, '<u2', offset=_FIXED.size)))
        if axis > 2 or ways >= 2 * _REFINED or (not group <= span <= 16) or (len(steps) != group + 1) or (group >= _MOST_LEVELS_of_sequence) or (0 in steps):
            raise StreamError('the order of the slices makes no sense')
        shape = along(volume, axis)
        if min(shape[1:]) < SIZES[0] or -(-shape[0] >> span) > _MOST_SPANS:
            raise StreamError('the slices are too small or too many')
        return cls(shape, axis, 1 << group, 1 << span, steps, refined)
NOTHING = -1
LARGEST_of_directions = SIZES[0]
def _z_order(y, x):
    y, x = (y // 4, x // 4)
    order = np.zeros_like(y)
    for bit in range(3):
        order += ((y >> bit & 1) << 2 * bit + 1) + ((x >> bit & 1) << 2 * bit)
    return order
def waves(y, x):
    diagonal = x // LARGEST_of_directions + 2 * (y // LARGEST_of_directions)
    return diagonal * 64 + _z_order(y % LARGEST_of_directions, x % LARGEST_of_directions)
INSIDE, BOTH, BEFORE, AFTER = range(4)
def inside_order(all_leaves):
    steps = []
    for number, leaves in enumerate(all_leaves):
        chosen = np.flatnonzero(leaves.kinds == INSIDE)
        if not chosen.size:
            continue
        wave = waves(leaves.rows[chosen], leaves.columns[chosen])
        order = np.argsort(wave, kind='stable')
        found, starts = np.unique(wave[order], return_index=True)
        steps += [(int(w), number, part) for w, part in zip(found, np.split(chosen[order], starts[1:]), strict=True)]
    return [(number, part) for _, number, part in sorted(steps, key=lambda step: step[:2])]
_BITS = 14
_SCALE = float(1 << _BITS)
@lru_cache
def sines(size):
    place = np.arange(size)
    matrix = np.sin(np.pi * (2 * place[:, None] + 1) * (place + 1) / (2 * size + 1)) * 2 / np.sqrt(2 * size + 1)
    return np.rint(matrix * _SCALE)
@lru_cache
def cosines(size):
    place = np.arange(size)
    matrix = np.cos(np.pi * (2 * place + 1) * place[:, None] / (2 * size)) * np.sqrt(2 / size)
    matrix[0] = np.sqrt(1 / size)
    return np.rint(matrix * _SCALE)
def _basis(size, refined):
    return sines(size) if refined and size == SIZES[-1] else cosines(size)
def inverse(coefficients, refined=True):
    matrix = _basis(coefficients.shape[-1], refined)
    columns = np.floor(matrix.T @ coefficients.astype(np.float64) / _SCALE + 0.5)
    return np.floor(columns @ matrix / _SCALE + 0.5).astype(np.int64)
def borders(planes, k, y, x, size):
    height, width = planes.shape[1:]
    own = _z_order(y % LARGEST_of_directions, x % LARGEST_of_directions)
    inside = (x + size) % LARGEST_of_directions != 0
    right = np.where(inside, _z_order((y - size) % LARGEST_of_directions, (x + size) % LARGEST_of_directions) < own, False)
    right = np.where(y % LARGEST_of_directions == 0, x + size < width, right)
    lower = _z_order((y + size) % LARGEST_of_directions, (x - size) % LARGEST_of_directions) < own
    lower = np.where(x % LARGEST_of_directions == 0, True, lower) & ((y + size) % LARGEST_of_directions != 0)
    beyond = np.arange(2 * size)
    rows = y[:, None] + np.where(lower[:, None], beyond, np.minimum(beyond, size - 1))
    columns = x[:, None] + np.where(right[:, None], beyond, np.minimum(beyond, size - 1))
    top, side = ((y > 0)[:, None], (x > 0)[:, None])
    every_row, every_column = (y[:, None] - 1, x[:, None] - 1)
    left_rows = np.where(side, rows, every_row)[:, ::-1]
    left_columns = np.broadcast_to(np.where(side, every_column, x[:, None]), left_rows.shape)
    above_rows = np.broadcast_to(np.where(top, every_row, y[:, None]), columns.shape)
    above_columns = np.where(top, columns, every_column)
    corner_row = np.where(side & top, every_row, np.where(side, y[:, None], every_row))
    corner_column = np.where(side & top, every_column, np.where(side, every_column, x[:, None]))
    all_rows = np.concatenate([left_rows, corner_row, above_rows], 1)
    all_columns = np.concatenate([left_columns, corner_column, above_columns], 1)
    places = (k[:, None] * height + np.maximum(all_rows, 0)) * width + np.maximum(all_columns, 0)
    found = planes.reshape(-1)[places]
    found[(y == 0) & (x == 0)] = 0
    return found
def put(planes, leaves, chosen, blocks):
    place = np.arange(leaves.size)
    rows = leaves.rows[chosen][:, None, None] + place[:, None]
    columns = leaves.columns[chosen][:, None, None] + place
    planes[leaves.slices[chosen][:, None, None], rows, columns] = blocks
_LARGEST_of_reconstruction = 1 << 30
KINDS = 3
FRACTION = 256
def restored(levels, step, shifts):
    magnitudes = np.abs(levels).astype(np.int64)
    shift = np.array([0, *shifts], np.int64)[np.minimum(magnitudes, KINDS)]
    values = np.minimum(((magnitudes * FRACTION - shift) * step + FRACTION // 2) // FRACTION, _LARGEST_of_reconstruction)
    return np.where(levels < 0, -values, values)
_STRAIGHT = {8: 7, 16: 1, 32: 0}
PLANE, MEAN, FIRST_ANGLE = (0, 1, 2)
DIRECTIONS = 35
_HALF_of_directions = (32, 26, 21, 17, 13, 9, 5, 2, 0, -2, -5, -9, -13, -17, -21, -26)
_ANGLES = (*_HALF_of_directions, -32, *_HALF_of_directions[::-1])
_FIRST_VERTICAL = 18
def _border(size, reference, angle, vertical):
    sign = 1 if vertical else -1
    if reference < 0:
        reference = -(-reference * round(8192 / -angle) + 128 >> 8)
    return 2 * size + sign * reference
@lru_cache
def _angular(size):
    first = np.zeros((DIRECTIONS, size, size), np.int64)
    second, weight = (first.copy(), first.copy())
    for mode in range(FIRST_ANGLE, DIRECTIONS):
        angle, vertical = (_ANGLES[mode - FIRST_ANGLE], mode >= _FIRST_VERTICAL)
        for line in range(size):
            shift, fraction = ((line + 1) * angle >> 5, (line + 1) * angle & 31)
            for along in range(size):
                place = (line, along) if vertical else (along, line)
                first[mode][place] = _border(size, along + shift + 1, angle, vertical)
                last = along + shift + 2 if fraction else along + shift + 1
                second[mode][place] = _border(size, last, angle, vertical)
                weight[mode][place] = fraction
    return (first, second, weight)
def _plane(border, size):
    left, above = (border[:, 2 * size - 1:size - 1:-1], border[:, 2 * size + 1:3 * size + 1])
    beside, below = (border[:, 3 * size + 1, None, None], border[:, size - 1, None, None])
    place = np.arange(size)
    across = (size - 1 - place) * left[:, :, None] + (place + 1) * beside
    down = (size - 1 - place)[:, None] * above[:, None, :] + (place + 1)[:, None] * below
    return (across + down + size) // (2 * size)
def _mean(border, size):
    total = border[:, size:2 * size].sum(1) + border[:, 2 * size + 1:3 * size + 1].sum(1)
    return ((total + size) // (2 * size))[:, None, None]
def predict(border, modes, size):
    first, second, weight = _angular(size)
    count = len(modes)
    near = np.take_along_axis(border, first[modes].reshape(count, -1), 1)
    far = np.take_along_axis(border, second[modes].reshape(count, -1), 1)
    share = weight[modes].reshape(count, -1)
    found = ((32 - share) * near + share * far + 16 >> 5).reshape(count, size, size)
    for mode, rule in ((PLANE, _plane), (MEAN, _mean)):
        chosen = np.flatnonzero(modes == mode)
        if chosen.size:
            found[chosen] = rule(border[chosen], size)
    return found
_ACROSS, _DOWN = (10, 26)
def predict_refined(border, modes, size):
    border = border.astype(np.int64, copy=False)
    if size in _STRAIGHT:
        slant = np.minimum(np.abs(modes - _ACROSS), np.abs(modes - _DOWN))
        chosen = np.flatnonzero((modes == PLANE) | (modes > MEAN) & (slant > _STRAIGHT[size]))
        if chosen.size:
            border, own = (border.copy(), border[chosen])
            border[chosen, 1:-1] = own[:, :-2] + 2 * own[:, 1:-1] + own[:, 2:] + 2 >> 2
    found = predict(border, modes, size)
    if size == LARGEST_of_directions:
        return found
    left, corner, above = (border[:, 2 * size - 1:size - 1:-1], border[:, 2 * size, None], border[:, 2 * size + 1:])
    down, across, mean = (np.flatnonzero(modes == mode) for mode in (_DOWN, _ACROSS, MEAN))
    found[down, :, 0] += left[down] - corner[down] >> 1
    found[across, 0] += above[across, :size] - corner[across] >> 1
    middle = found[mean, -1, -1, None]
    first = left[mean, :1] + above[mean, :1]
    found[mean, :, 0] = left[mean] + 3 * middle + 2 >> 2
    found[mean, 0] = above[mean, :size] + 3 * middle + 2 >> 2
    found[mean, 0, :1] = first + 2 * middle + 2 >> 2
    return found
_BLOCKS_of_motion = 1 << 12
_BEFORE_of_motion, _AFTER = (3, 4)
QUARTER = (-1, 4, -10, 58, 17, -5, 1, 0)
_TAPS = {1: QUARTER, 2: (-1, 4, -11, 40, 40, -11, 4, -1), 3: QUARTER[::-1]}
def _filtered(block, fraction, axis, size):
    total = np.full([*block.shape[:axis], size, *block.shape[axis + 1:]], 32, np.int64)
    for number, tap in enumerate(_TAPS[fraction]):
        if tap:
            total += tap * (block[:, :, number:number + size] if axis == 2 else block[:, number:number + size])
    return total >> 6
def _interpolated(plane, rows, columns, down, across, size):
    before, after = (_BEFORE_of_motion if down else 0, _AFTER if down else 0)
    left, right = (_BEFORE_of_motion if across else 0, _AFTER if across else 0)
    row = np.arange(-before, size + after)
    column = np.arange(-left, size + right)
    places = (rows[:, None] + row)[:, :, None] * plane.shape[1] + (columns[:, None] + column)[:, None, :]
    block = plane.reshape(-1)[places]
    if across:
        block = _filtered(block, across, 2, size)
    return _filtered(block, down, 1, size) if down else block
REACH_of_motion = 64
MARGIN = REACH_of_motion + _AFTER + 1
def taken(plane, y, x, moves, size):
    found = np.empty((len(y), size, size), np.int64)
    fractions = (moves[:, 0] & 3) * 4 + (moves[:, 1] & 3)
    for fraction in np.unique(fractions):
        chosen = np.flatnonzero(fractions == fraction)
        for start in range(0, chosen.size, _BLOCKS_of_motion):
            part = chosen[start:start + _BLOCKS_of_motion]
            rows, columns = (y[part] + (moves[part, 0] >> 2) + MARGIN, x[part] + (moves[part, 1] >> 2) + MARGIN)
            found[part] = _interpolated(plane, rows, columns, *divmod(int(fraction), 4), size)
    return found
def moved_of_reconstruction(leaves, chosen, fetch):
    size = leaves.size
    total = np.zeros((len(chosen), size, size), np.int64)
    kinds, slices = (leaves.kinds[chosen], leaves.slices[chosen])
    for number in np.unique(slices):
        for side, only_other in ((0, AFTER), (1, BEFORE)):
            part = np.flatnonzero((slices == number) & (kinds != only_other))
            if part.size:
                own = chosen[part]
                plane = fetch(int(number), side)
                total[part] += taken(plane, leaves.rows[own], leaves.columns[own], leaves.moves[own, side], size)
    both = kinds == BOTH
    total[both] = total[both] + 1 >> 1
    return total
def reconstruct(stack, step, shifts, limits, fetch, refined=True):
    planes = np.zeros(stack.shape, np.int64)
    residuals = []
    for leaves in stack.leaves:
        residual = np.zeros(leaves.levels.shape, np.int64)
        coded = np.flatnonzero(leaves.levels.any((1, 2)))
        residual[coded] = inverse(restored(leaves.levels[coded], step, shifts), refined)
        residuals.append(residual)
        other = np.flatnonzero(leaves.kinds != INSIDE)
        if other.size:
            put(planes, leaves, other, np.clip(moved_of_reconstruction(leaves, other, fetch) + residual[other], *limits))
    for size_number, chosen in inside_order(stack.leaves):
        leaves = stack.leaves[size_number]
        border = borders(planes, leaves.slices[chosen], leaves.rows[chosen], leaves.columns[chosen], leaves.size)
        found = (predict_refined if refined else predict)(border, leaves.directions[chosen], leaves.size)
        put(planes, leaves, chosen, np.clip(found + residuals[size_number][chosen], *limits))
    return planes
def filled(length):
    return -(-length // SIZES[0]) * SIZES[0]
def padded(plane):
    return np.pad(plane, MARGIN, mode='edge')
_FIELD, _MIDDLE = (1 << 10, 1 << 9)
def unpacked(codes):
    fields = np.stack([codes >> shift & _FIELD - 1 for shift in (30, 20, 10, 0)], -1) - _MIDDLE
    return (codes >> 40, fields.reshape(*codes.shape, 2, 2))
PHASES_of_motion_coding = ((0, 0), (1, 1), (0, 1), (1, 0))
_FIRST_CHUNK = 256
_LEAST = 24
SCALE = 1 << 16
class AdaptiveContexts:

    def __init__(self, contexts):
        self._halves = np.ones((contexts, 2), np.int64)

    def begin(self, halves):
        self._halves = halves.astype(np.int64)

    @property
    def halves(self):
        return self._halves

    def code(self, coder, contexts, wanted, trends=None):
        found, start, size = (np.empty(len(contexts), bool), 0, _FIRST_CHUNK)
        while start < len(contexts):
            part = slice(start, start + size)
            zeros, ones = self._halves[contexts[part]].T
            if trends is not None:
                zeros, ones = (zeros + np.maximum(-trends[part], 0), ones + np.maximum(trends[part], 0))
            probabilities = np.clip(SCALE * ones // (zeros + ones), _LEAST, SCALE - _LEAST).astype(np.uint32)
            found[part] = coder.code(probabilities, None if wanted is None else wanted[part])
            counts = np.bincount(contexts[part] * 2 + found[part], minlength=self._halves.size)
            self._halves += 2 * counts.reshape(self._halves.shape)
            start, size = (start + size, size * 2)
        return found
class Rehearsal:

    def code(self, probabilities, bits=None):
        pass
        return bits
EVEN = SCALE // 2
class AdaptiveNumbers:
    _MOST_BITS = 30

    def __init__(self, contexts):
        self._widths = AdaptiveContexts(contexts * self._MOST_BITS)
        self._highest = AdaptiveContexts(self._MOST_BITS + 1)

    @property
    def parts(self):
        return (self._widths, self._highest)

    def code(self, coder, contexts, wanted):
        if wanted is not None and isinstance(coder, Rehearsal):
            return wanted
        count = len(contexts)
        numbers = None if wanted is None else wanted.astype(np.int64) + 1
        wanted_widths = None if numbers is None else np.frexp(numbers.astype(np.float64))[1] - 1
        widths, going = (np.zeros(count, np.int64), np.arange(count))
        for width in range(self._MOST_BITS):
            more = None if wanted_widths is None else wanted_widths[going] > width
            going = going[self._widths.code(coder, contexts[going] * self._MOST_BITS + width, more)]
            if not going.size:
                break
            widths[going] = width + 1
        values = np.ones(count, np.int64)
        for place in range(int(widths.max(initial=0))):
            going = np.flatnonzero(widths > place)
            shift = widths[going] - 1 - place
            bits = None if numbers is None else numbers[going] >> shift & 1 > 0
            if place == 0:
                bits = self._highest.code(coder, widths[going], bits)
            else:
                bits = coder.code(np.full(going.size, EVEN, np.uint32), bits)
            values[going] = 2 * values[going] + bits
        return values - 1
@lru_cache
def diagonals(edge):
    places = [(row, column) for row in range(edge) for column in range(edge)]
    return tuple(sorted(places, key=lambda place: (-(place[0] + place[1]), place[0])))
_FOUR = 4
_SUMS = np.array([0, 1, 2, 3, 4, 4, 5, 5, 5, 6])
_PLACES = 6
_LARGEST_of_coefficients = 1 << 24
class CoefficientCoding:

    def __init__(self):
        kinds = len(SIZES) * 2
        self._any = AdaptiveContexts(len(SIZES) * 3)
        self._fours = AdaptiveContexts(kinds * 6)
        self._nonzero = AdaptiveContexts(kinds * _PLACES * 7)
        self._more = AdaptiveContexts(len(SIZES) * 2 * 2 * 7)
        self._rest = AdaptiveNumbers(8)

    def contexts(self):
        widths, highest = self._rest.parts
        own = {'any': self._any, 'fours': self._fours, 'nonzero': self._nonzero, 'more': self._more}
        return own | {'rest': widths, 'high rest': highest}

    def code(self, coder, number, inside, wanted, manner=None):
        size, kind = (SIZES[number], number * 2 + inside.astype(np.int64))
        levels = np.zeros((len(inside), size, size), np.int32)
        some = None if wanted is None else (wanted != 0).any((1, 2))
        coded = np.flatnonzero(self._any.code(coder, kind if manner is None else number * 3 + manner, some))
        if coded.size:
            levels[coded] = self._code_blocks(coder, size, kind[coded], None if wanted is None else wanted[coded])
        return levels

    def _code_blocks(self, coder, size, kind, wanted):
        count, edge = (len(kind), size // _FOUR)
        sums = np.zeros((count, size + 2, size + 2), np.int32)
        flags = np.zeros((count, edge + 1, edge + 1), np.int64)
        want = None if wanted is None else np.abs(wanted)
        for row, column in diagonals(edge):
            box = (slice(row * _FOUR, (row + 1) * _FOUR), slice(column * _FOUR, (column + 1) * _FOUR))
            if edge > 1:
                near = flags[:, row + 1, column] + flags[:, row, column + 1]
                contexts = (kind * 2 + (row + column == 0)) * 3 + near
                some = None if want is None else want[:, box[0], box[1]].any((1, 2))
                flags[:, row, column] = self._fours.code(coder, contexts, some)
            else:
                flags[:, row, column] = 1
            active = np.flatnonzero(flags[:, row, column])
            if active.size:
                self._code_four(coder, sums, active, kind[active], (row * _FOUR, column * _FOUR), want)
        found = sums[:, :size, :size]
        places = np.flatnonzero(found)
        negative = coder.code(np.full(places.size, EVEN, np.uint32), None if wanted is None else wanted.reshape(-1)[places] < 0)
        signed = np.ascontiguousarray(found).reshape(-1)
        signed[places[negative]] *= -1
        return signed.reshape(count, size, size)

    def _code_four(self, coder, sums, active, kind, start, wanted):
        for down, across in diagonals(_FOUR):
            y, x = (start[0] + down, start[1] + across)
            near = sums[active, y, x + 1] + sums[active, y + 1, x]
            total = near + sums[active, y + 1, x + 1] + sums[active, y, x + 2] + sums[active, y + 2, x]
            near_class = _SUMS[np.minimum(total, 9)]
            place = int(np.searchsorted((1, 2, 4, 8, 16), y + x, side='right'))
            target = None if wanted is None else wanted[active, y, x]
            contexts = (kind * _PLACES + place) * 7 + near_class
            going = np.flatnonzero(self._nonzero.code(coder, contexts, None if target is None else target > 0))
            magnitude = np.zeros(active.size, np.int64)
            magnitude[going] = 1
            for reached in (1, 2):
                if not going.size:
                    break
                contexts = ((kind[going] // 2 * 2 + (place < 2)) * 2 + reached - 1) * 7 + near_class[going]
                more = self._more.code(coder, contexts, None if target is None else target[going] > reached)
                going = going[more]
                magnitude[going] = reached + 1
            if going.size:
                contexts = np.minimum(np.frexp(total[going] / 3.0)[1].clip(0), 7)
                rest = self._rest.code(coder, contexts, None if target is None else target[going] - 3)
                if (rest >= _LARGEST_of_coefficients).any():
                    raise StreamError('a coefficient is too large')
                magnitude[going] += rest
            sums[active, y, x] = magnitude
_NO_MOVE = 1 << 14
@dataclass(frozen=True)
class Stack:
    shape: object
    leaves: object
    roots: object
_LETTERS = 6
def _checked(moves):
    if (np.abs(moves) > 4 * REACH_of_motion).any():
        raise StreamError('a block moves too far')
    return moves
def around(known, k, j, i, edge, nothing=NOTHING):
    rows, columns = known.shape[1:3]
    found = []
    for row, column in ((j, i - 1), (j - 1, i), (j, i + edge), (j + edge, i)):
        there = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        near = known[k, np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)].astype(np.int64)
        near[~there] = nothing
        found.append(near)
    return found
def _nearest(around, base):
    first, second = (base.copy(), base.copy())
    count, agree, more = (np.zeros(len(base), np.int64), np.zeros(len(base), bool), np.zeros(len(base), bool))
    for near in around:
        there = near[:, 0] != _NO_MOVE
        equal = there & (count > 0) & (near == first).all(1)
        other = there & (count > 0) & ~equal & ~more
        agree |= equal
        second[other], more = (near[other], more | other)
        begun = there & (count == 0)
        first[begun] = near[begun]
        count += there
    still = ~more & (second == first).all(1)
    second[still] = 0
    return (first, second, np.where(count == 0, 0, np.where(agree, 2, 1)))
_MAP_CONTEXTS = len(PHASES_of_motion_coding) * 5
def places_of(mask, size):
    k, j, i = np.nonzero(mask)
    return (k, j * size, i * size)
def code_map(coder, contexts, row, mask, wanted):
    found = np.zeros([mask.shape[0], mask.shape[1] + 2, mask.shape[2] + 2], np.int8)
    inner = found[:, 1:-1, 1:-1]
    for number, (down, across) in enumerate(PHASES_of_motion_coding):
        chosen = mask[:, down::2, across::2]
        if not chosen.any():
            continue
        count = np.zeros(chosen.shape, np.int64)
        for dy in (0, 1, 2):
            for dx in (0, 1, 2):
                near = found[:, down + dy::2, across + dx::2]
                count += near[:, :chosen.shape[1], :chosen.shape[2]]
        own = (row * len(PHASES_of_motion_coding) + number) * 5 + np.minimum(count[chosen], 4)
        bits = contexts.code(coder, own, None if wanted is None else wanted[:, down::2, across::2][chosen])
        inner[:, down::2, across::2][chosen] = bits
    return inner > 0
def doubled(mask):
    return mask.repeat(2, 1).repeat(2, 2)
def _candidates(around):
    first, second = (np.full_like(around[0], -1), np.full_like(around[0], -1))
    agree = np.zeros(len(first), bool)
    for near in around:
        there = near >= 0
        agree |= there & (first == near)
        second = np.where(there & (first >= 0) & (first != near) & (second < 0), near, second)
        first = np.where(there & (first < 0), near, first)
    known = np.where(first < 0, 0, np.where(agree, 2, 1))
    first = np.where(first < 0, PLANE, first)
    second = np.where(second < 0, np.where(first == MEAN, PLANE, MEAN), second)
    return (first, second, known)
def code_signed(coder, numbers, contexts, wanted):
    codes = None if wanted is None else np.where(wanted < 0, -2 * wanted - 1, 2 * wanted)
    found = numbers.code(coder, contexts, codes)
    return np.where(found & 1, -(found + 1) // 2, found // 2)
@dataclass(frozen=True)
class Leaves:
    size: object
    slices: object
    rows: object
    columns: object
    kinds: object
    directions: object
    moves: object
    levels: object
def grid_of(shape, size):
    return (shape[0], shape[1] // size, shape[2] // size)
class StackCoding:

    def __init__(self):
        sizes = len(SIZES)
        self._splits = AdaptiveContexts(_MAP_CONTEXTS * sizes)
        self._kinds = AdaptiveContexts(_MAP_CONTEXTS * sizes * 3)
        self._near = AdaptiveContexts(sizes * 6)
        self._letters = AdaptiveContexts(1 << _LETTERS)
        self._roots, self._moves = (AdaptiveNumbers(4), AdaptiveNumbers(sizes * 4))
        self._moved = AdaptiveContexts(sizes * 2 * 2 * 3 * 3)
        self._coefficients = CoefficientCoding()

    def code(self, coder, shape, alone, wanted=None):
        found, masks = ([], self._code_leaves(coder, shape, wanted))
        roots = np.zeros((*grid_of(shape, SIZES[0]), 2, 2), np.int64)
        if not alone:
            roots = self._code_roots(coder, roots.shape, None if wanted is None else wanted.roots)
        fours = (shape[0], shape[1] // 4, shape[2] // 4)
        directions = np.full(fours, -1, np.int8)
        known_moves = np.full((*fours, 2, 2), _NO_MOVE, np.int16)
        for number, (size, mask) in enumerate(zip(SIZES, masks, strict=True)):
            want = None if wanted is None else wanted.leaves[number]
            kinds = np.zeros(mask.shape, np.int8)
            if not alone:
                self._code_kinds(coder, number, mask, kinds, want)
            self._code_directions(coder, number, mask & (kinds == INSIDE), directions, want)
            slices, rows, columns = places_of(mask, size)
            kind = kinds[mask].astype(np.int64)
            places = (slices, rows, columns)
            moves = self._code_moves(coder, number, places, kind, roots, known_moves, want)
            own = np.maximum(directions[slices, rows // 4, columns // 4].astype(np.int64), 0)
            levels = self._coefficients.code(coder, number, kind == INSIDE, None if want is None else want.levels)
            found.append(Leaves(size, slices, rows, columns, kind, own, moves, levels))
        return Stack(shape, tuple(found), roots)

    def _code_leaves(self, coder, shape, wanted):
        masks, open_blocks = ([], np.ones(grid_of(shape, SIZES[0]), bool))
        for number, size in enumerate(SIZES[:-1]):
            leaf = None
            if wanted is not None:
                leaf = np.zeros(open_blocks.shape, bool)
                leaves = wanted.leaves[number]
                leaf[leaves.slices, leaves.rows // size, leaves.columns // size] = True
                leaf = open_blocks & ~leaf
            split = code_map(coder, self._splits, number, open_blocks, leaf)
            masks.append(open_blocks & ~split)
            open_blocks = doubled(split)
        return [*masks, open_blocks]

    def _code_kinds(self, coder, number, mask, kinds, want):
        target = None
        if want is not None:
            target = np.zeros(mask.shape, np.int8)
            target[mask] = want.kinds
        for question, kind in enumerate((INSIDE, BOTH, BEFORE)):
            yes = code_map(coder, self._kinds, number * 3 + question, mask, None if target is None else target == kind)
            kinds[yes] = kind
            mask = mask & ~yes
        kinds[mask] = AFTER

    def _code_directions(self, coder, number, mask, directions, want):
        size = SIZES[number]
        target = None
        if want is not None:
            target = np.zeros(mask.shape, np.int64)
            target[want.slices, want.rows // size, want.columns // size] = want.directions
        for phase in PHASES_of_motion_coding:
            part = np.zeros_like(mask)
            part[:, phase[0]::2, phase[1]::2] = mask[:, phase[0]::2, phase[1]::2]
            k, j, i = np.nonzero(part)
            if not k.size:
                continue
            near = around(directions, k, j * (size // 4), i * (size // 4), size // 4)
            first, second, known = _candidates(near)
            found = self._code_direction(coder, number, first, second, known, None if target is None else target[part])
            for down in range(size // 4):
                for across in range(size // 4):
                    directions[k, j * (size // 4) + down, i * (size // 4) + across] = found

    def _code_direction(self, coder, number, first, second, known, wanted):
        found, going = (first.copy(), np.arange(len(first)))
        for question, guess in enumerate((first, second)):
            contexts = number * 6 + question * 3 + known[going]
            hit = self._near.code(coder, contexts, None if wanted is None else wanted[going] == guess[going])
            found[going[hit]] = guess[going[hit]]
            going = going[~hit]
        state = np.ones(going.size, np.int64)
        for place in reversed(range(_LETTERS)):
            bits = self._letters.code(coder, state, None if wanted is None else wanted[going] >> place & 1 > 0)
            state = 2 * state + bits
        state -= 1 << _LETTERS
        if (state >= DIRECTIONS).any():
            raise StreamError('a block has an impossible direction')
        found[going] = state
        return found

    def _code_roots(self, coder, shape, wanted):
        roots = np.zeros(shape, np.int64)
        for axis in (0, 1):
            before = None if wanted is None else np.diff(wanted[..., 0, axis].reshape(-1), prepend=0)
            steps = code_signed(coder, self._roots, np.full(roots[..., 0, axis].size, axis), before)
            roots[..., 0, axis] = np.cumsum(steps).reshape(shape[:3])
        for axis in (0, 1):
            after = None if wanted is None else (wanted[..., 1, axis] + wanted[..., 0, axis]).reshape(-1)
            steps = code_signed(coder, self._roots, np.full(roots[..., 1, axis].size, 2 + axis), after)
            roots[..., 1, axis] = steps.reshape(shape[:3]) - roots[..., 0, axis]
        return _checked(roots)

    def _code_moves(self, coder, number, places, kinds, roots, known, want):
        size = SIZES[number]
        slices, rows, columns = places
        moves = np.zeros((len(kinds), 2, 2), np.int64)
        phase = rows // size % 2 * 2 + columns // size % 2
        for down, across in PHASES_of_motion_coding:
            here = (phase == down * 2 + across) & (kinds != INSIDE)
            same = np.zeros(len(kinds), np.int64)
            for side, only_other in ((0, AFTER), (1, BEFORE)):
                used = np.flatnonzero(here & (kinds != only_other))
                if not used.size:
                    continue
                k, j, i = (slices[used], rows[used] // 4, columns[used] // 4)
                near = around(known[..., side, :], k, j, i, size // 4, _NO_MOVE)
                base = roots[k, rows[used] // SIZES[0], columns[used] // SIZES[0], side]
                target = None if want is None else want.moves[used, side]
                found, hit = self._code_move(coder, number * 2 + side, near, base, same[used], target)
                moves[used, side] = found
                same[used] = 1 + hit
            for n_down in range(size // 4):
                for n_across in range(size // 4):
                    for side, only_other in ((0, AFTER), (1, BEFORE)):
                        used = np.flatnonzero(here & (kinds != only_other))
                        known[slices[used], rows[used] // 4 + n_down, columns[used] // 4 + n_across, side] = moves[used, side]
        return _checked(moves)

    def _code_move(self, coder, row, around, base, same, wanted):
        first, second, known = _nearest(around, base)
        found, going = (first.copy(), np.arange(len(first)))
        for question, guess in enumerate((first, second)):
            contexts = ((row * 2 + question) * 3 + known[going]) * 3 + same[going]
            bits = self._moved.code(coder, contexts, None if wanted is None else (wanted[going] == guess[going]).all(1))
            found[going[bits]] = guess[going[bits]]
            going = going[~bits]
        for axis in (0, 1):
            target = None if wanted is None else wanted[going, axis] - first[going, axis]
            contexts = np.full(going.size, row * 2 + axis)
            found[going, axis] = first[going, axis] + code_signed(coder, self._moves, contexts, target)
        return (found, (found == first).all(1))
def packed(kinds, moves):
    used = np.stack([kinds != AFTER, kinds != BEFORE], -1)[..., None]
    fields = np.where(used, moves, 0) + _MIDDLE
    code = kinds.astype(np.int64)
    for side in (0, 1):
        for axis in (0, 1):
            code = code * _FIELD + fields[..., side, axis]
    return code
GUESSES = 3
def guessed(around, base):
    both = np.full(len(base), BOTH)
    here = packed(both, base)
    rest = [here, packed(both, np.zeros_like(base)), packed(both - BOTH + BEFORE, base), packed(both + AFTER - BOTH, base)]
    found = [np.full(len(base), NOTHING, np.int64) for _ in range(GUESSES)]
    count, agree = (np.zeros(len(base), np.int64), np.zeros(len(base), bool))
    for number, option in enumerate((*around, *rest)):
        there, open_place = (option != NOTHING, np.ones(len(base), bool))
        if number < len(around):
            agree |= there & (found[0] == option)
            count += there
        for guess in found:
            taken = open_place & there & (guess == NOTHING)
            open_place &= there & (guess != option) & ~taken
            guess[taken] = option[taken]
    return (found, np.where(count == 0, 0, np.where(agree, 2, 1)))
def _moves_of(guesses, side, only_other):
    found, missing = (np.zeros((len(guesses[0]), 2), np.int64), np.ones(len(guesses[0]), bool))
    for guess in guesses:
        kinds, moves = unpacked(guess)
        good = missing & (kinds != only_other)
        found[good], missing = (moves[good, side], missing & ~good)
    return found
class MotionCoding:

    def __init__(self):
        sizes = len(SIZES)
        self._taken = AdaptiveContexts(sizes * GUESSES * 3)
        self._kinds = AdaptiveContexts(sizes * 2)
        self._moves = AdaptiveNumbers(sizes * 4)

    def contexts(self):
        widths, highest = self._moves.parts
        return {'taken': self._taken, 'told': self._kinds, 'moves': widths, 'high moves': highest}

    def code(self, coder, number, places, base, known, want):
        edge = SIZES[number] // 4
        slices, rows, columns = (places[0], places[1] // 4, places[2] // 4)
        codes, taken = (np.zeros(len(slices), np.int64), np.zeros(len(slices), bool))
        wanted = None if want is None else packed(*want)
        phase = rows // edge % 2 * 2 + columns // edge % 2
        for down, across in PHASES_of_motion_coding:
            here = np.flatnonzero(phase == down * 2 + across)
            if not here.size:
                continue
            k, j, i = (slices[here], rows[here], columns[here])
            target = None if wanted is None else wanted[here]
            found, hit = self._code_some(coder, number, around(known, k, j, i, edge), base[k, j, i], target)
            codes[here], taken[here] = (found, hit)
            four = np.arange(edge)
            known[k[:, None, None], (j[:, None] + four)[:, :, None], (i[:, None] + four)[:, None, :]] = found[:, None, None]
        kinds, moves = unpacked(codes)
        return (kinds, moves, taken)

    def _code_some(self, coder, number, near, base, wanted):
        guesses, known = guessed(near, base)
        found, going = (guesses[0].copy(), np.arange(len(base)))
        for question, guess in enumerate(guesses):
            contexts = (number * GUESSES + question) * 3 + known[going]
            hit = self._taken.code(coder, contexts, None if wanted is None else wanted[going] == guess[going])
            found[going[hit]] = guess[going[hit]]
            going = going[~hit]
        taken = np.ones(len(base), bool)
        taken[going] = False
        if going.size:
            first = [guess[going] for guess in guesses]
            found[going] = self._code_own(coder, number, first, None if wanted is None else wanted[going])
        return (found, taken)

    def _code_own(self, coder, number, guesses, wanted):
        count = len(guesses[0])
        target_kinds, target = (None, None) if wanted is None else unpacked(wanted)
        kinds, going = (np.full(count, AFTER), np.arange(count))
        for question, kind in enumerate((BOTH, BEFORE)):
            yes = None if target_kinds is None else target_kinds[going] == kind
            bits = self._kinds.code(coder, np.full(going.size, number * 2 + question), yes)
            kinds[going[bits]] = kind
            going = going[~bits]
        moves = np.zeros((count, 2, 2), np.int64)
        for side, only_other in ((0, AFTER), (1, BEFORE)):
            used = np.flatnonzero(kinds != only_other)
            near = _moves_of(guesses, side, only_other)[used]
            for axis in (0, 1):
                missed = None if target is None else target[used, side, axis] - near[:, axis]
                contexts = np.full(used.size, (number * 2 + side) * 2 + axis)
                moves[used, side, axis] = near[:, axis] + code_signed(coder, self._moves, contexts, missed)
        if (np.abs(moves) > 4 * REACH_of_motion).any():
            raise StreamError('a block moves too far')
        return packed(kinds, moves)
_FIRST = ord('!') - 1
_LEARNED = {'splits': ':.!!!!!!!!=\'42(1\'.!)D$3--6#1!.@!9$1)-1(:71!!!!!!!!=+44,;*1%+A\':.08)6$1<\';)5..3(@>*!!!!!!!!B&8026)1#+D$=+44,5\'.F"A\'9/35-;!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!', 'kinds': 'F"!!!!!!!!H!*!!!!!!!F"(#!#!!!!H!+$\'!#!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!C%!!!!!!!!E#-($%$!!!D$*+%)!%!!G!2$)$\'#"\'!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!?)!!!!!!!!@(:.**"(!!B&9/.+")!#D$A\'3+-(%,!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!H!!!!!!!!!!!H!H!H!A!!!!!H!H!H!!!!!!!H!H!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!', 'near': "0.&,!0)-$&!!@(:.(3526.('?)=+,<>*<,3+A'@(17A'>*:.", 'letters': '!!F"35H!62;-H!!!=+-;629/H!!!!!!!?)35260844356226;-!!!!!!!!!!!!!!80533353407117265344444462:.111335=!!!!!!!!!!!!!!!!!!!!!!!!!!!!!', 'taken': '(@15$D1/,.&-6"(*\'%3571(@=%35*0?!9-()44;-,<B&5371G!<,5+!!!!!!!!!!!!!!!!!!', 'told': '(3&)(@*,.:44!!!!', 'moves': '$5.))&)!!##!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!/*\'))$(!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!%3,*)&("$"#!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!-+\'*\'&)!#!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!&B-:3.-)+#(!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!-;04/,-%)"%!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\'A+;2/.)*%(!#!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!-;.50,,\'*"&!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\'A)?/9714\'/!#!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!(@.:357,.\'-!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!&B*>/9534(."&!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!)?,<268+/\',!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!', 'high moves': "!!537171<,5''!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!", 'any': '50@(.,/99/,<-;17(@)?!!!!', 'fours': 'G!71%B(:)5#.G!/9"F"2"*!,E#+=!G$D*:#DD$)?!G#@%5!?9/$D!!!H\'A!G<,"F!!!H#E!H!!!!!!!!!!!!!!!!!!!!!!!!', 'nonzero': '*4-)&)%$"&"$!!C%7%,%(%$%"$!#E#B&1))&%&#&""E#B&=+.**(#%#!D$B&>*2+.($%!!D$A\'?)8*-(&#!!!/#(&%!\'"\'!\'"&6$\'\'($#\'%$#%!&E#.(-\'(&$(#%!\'E#<)3(,()\'#%"(C%?)=+6-2/)*%&B&?);-8053/3$,:-9,.,(+&+%&#\'B&@(6+.*-*\'\'#*D$A\'<,71-3(.#-C%@(<,:.62,1%8C%?)<,9/53-9&BD$?)<,21,2+2$7\'6/+)*\')&+$)"-A\'8*/,*,\',$)#/E#=+;-5../(,#7C%?);-7153.4&;B&?);-9/53/8&BD$?):.61/0%0$=>*?):.4.11&3%=?)>*:.8035+7&BB&>*:.8035,<\'AB&>*9/5308+=\'AD$;-4408-;+=(@!!!!!!!!!!!!!!088044,3-6\'8$D?);-804408,9&BC%<,805317,<&BC%=+805317,<\'AC%9/4408-;*>(@!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!*>713517/9+=\'A;-80533508-;(@A\'8035/9-;*>\'AA\'26.:,<*>)?\'A!!!!!!!!!!!!!!!!!!!!!!!!!!!!', 'more': 'G!E#C%B&?)2.\',0!6#9#6#6%/&&):(1&))(&&&")!(*\'(%(%%%&$$&!\'F"D$B&@(<,26(@B#D$C%A\'=+53(@@(;+6,0,+0(+#5.\'0&.\'-\'),$+$3D$@(=+9/53.:(@@(?)<,804408(@@(=+:.7135-;&B8(;*<+5.44.:&B<,804408-;*>\'A71624426/9+=\'A;-624417/9+=&B:.625326/9+=&B', 'rest': '53;-A\':%&\'#("(#&!&$$%!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!179/@(D$+#$$$"!##!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!,<44=+B&8"&#$"#!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\'A.:62@(D$,#\'!!##!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!$D)?08:.@(6##&%"$!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"F%C)?086./()&)!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!0!0".#,%)%\'#&(!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!*!*!*!*!*!*!*%%(!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!', 'high rest': '!!80:.=+>*8)+%+$)!%!%!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!'}
def expect(contexts, name):
    letters = np.frombuffer(_LEARNED.get(name, '').encode(), np.uint8).astype(np.int64) - _FIRST
    if letters.size:
        contexts.begin(letters.reshape(-1, 2))
def wanted_motion(want, chosen):
    return (want.kinds[chosen], want.moves[chosen])
class MergingCoding(StackCoding):

    def __init__(self, expected=True):
        super().__init__()
        self._motion = MotionCoding()
        for name, contexts in self.contexts().items() if expected else ():
            expect(contexts, name)

    def contexts(self):
        own = {'splits': self._splits, 'kinds': self._kinds, 'near': self._near, 'letters': self._letters}
        return own | self._motion.contexts() | self._coefficients.contexts()

    def code_stack(self, coder, shape, alone, base, wanted=None):
        found, masks = ([], self._code_leaves(coder, shape, wanted))
        fours = (shape[0], shape[1] // 4, shape[2] // 4)
        directions, motion = (np.full(fours, -1, np.int8), np.full(fours, NOTHING, np.int64))
        for number, (size, mask) in enumerate(zip(SIZES, masks, strict=True)):
            want = None if wanted is None else wanted.leaves[number]
            inside = mask & alone[:, None, None]
            open_blocks = mask & ~alone[:, None, None]
            if open_blocks.any():
                target = None
                if want is not None:
                    target = np.zeros(mask.shape, bool)
                    target[mask] = want.kinds == INSIDE
                inside |= code_map(coder, self._kinds, number * 3, open_blocks, target)
            self._code_directions(coder, number, inside, directions, want)
            slices, rows, columns = places = places_of(mask, size)
            own_inside = inside[mask]
            other = np.flatnonzero(~own_inside)
            kinds = np.full(len(slices), INSIDE, np.int64)
            moves, manner = (np.zeros((len(slices), 2, 2), np.int64), np.zeros(len(slices), np.int64))
            if other.size:
                target_motion = None if want is None else wanted_motion(want, other)
                where = tuple((index[other] for index in places))
                kinds[other], moves[other], taken = self._motion.code(coder, number, (where[0], where[1], where[2]), base, motion, target_motion)
                manner[other] = 2 - taken
            own = np.maximum(directions[slices, rows // 4, columns // 4].astype(np.int64), 0)
            levels = self._coefficients.code(coder, number, own_inside, None if want is None else want.levels, manner)
            found.append(Leaves(size, slices, rows, columns, kinds, own, moves, levels))
        roots = np.zeros((*grid_of(shape, SIZES[0]), 2, 2), np.int64)
        return (Stack(shape, tuple(found), roots), motion)
def _scaled_of_sequence(moves, wanted, known):
    if known < 0:
        wanted, known = (-wanted, -known)
    return np.clip((2 * moves * wanted + known) // (2 * known), -4 * REACH_of_motion, 4 * REACH_of_motion)
class Planes:

    def __init__(self, sequence):
        self.sequence = sequence
        slices, rows, columns = sequence.shape
        self.values = np.zeros((slices, filled(rows), filled(columns)), np.int32)
        self.motion = np.full((slices, filled(rows) // 4, filled(columns) // 4), NOTHING, np.int64)
        self._spans: dict[int, tuple[int, int, int]] = {}

    def stack_shape(self, place):
        return (len(self.sequence.items(place)), self.values.shape[1], self.values.shape[2])

    def fetcher(self, place):
        items = self.sequence.items(place)
        kept: dict[int, np.ndarray] = {}

        def fetch(number, side):
            key = items[number].after if side else items[number].before
            if key not in kept:
                kept.clear()
                kept[key] = padded(self.values[key])
            return kept[key]
        return fetch

    def put(self, place, found):
        self.values[[item.slice for item in self.sequence.items(place)]] = found

    def base(self, place):
        items = self.sequence.items(place)
        found = np.zeros((len(items), *self.motion.shape[1:], 2, 2), np.int64)
        if not place[0]:
            return found
        for number, item in enumerate(items):
            told = np.zeros(self.motion.shape[1:], bool)
            for other in sorted({item.after, item.before}, key=lambda other: self._spans.get(other, (1 << 30, 0, 0))):
                if other not in self._spans:
                    continue
                _, before, after = self._spans[other]
                kinds, moves = unpacked(self.motion[other])
                new = ~told & (self.motion[other] != NOTHING)
                for goal, side, here in ((before, 0, new & (kinds != AFTER)), (after, 1, new & (kinds == AFTER))):
                    for to, slice_to in enumerate((item.before, item.after)):
                        found[number, :, :, to][here] = _scaled_of_sequence(moves[..., side, :][here], slice_to - item.slice, goal - other)
                told |= new
        return found

    def code(self, place, coder, wanted=None):
        shape, alone = (self.stack_shape(place), self.sequence.alone(place))
        if not self.sequence.refined:
            return StackCoding().code(coder, shape, bool(alone.all()), wanted)
        stack, motion = MergingCoding().code_stack(coder, shape, alone, self.base(place), wanted)
        self.learn(place, motion)
        return stack

    def learn(self, place, motion):
        for item, own in zip(self.sequence.items(place), motion, strict=True):
            self.motion[item.slice] = own
            if item.before >= 0:
                self._spans[item.slice] = (abs(item.after - item.before), item.before, item.after)

    def rebuild(self, place, stack, shifts, limits):
        step, fetch = (self.sequence.steps[place[0]], self.fetcher(place))
        self.put(place, reconstruct(stack, step, shifts, limits, fetch, self.sequence.refined))

    def put_between(self, place):
        for item in self.sequence.items(place):
            if item.before >= 0:
                total = self.values[item.before].astype(np.int64) + self.values[item.after]
                self.values[item.slice] = total + 1 >> 1

    def volume(self):
        rows, columns = self.sequence.shape[1:]
        return np.moveaxis(self.values[:, :rows, :columns], 0, self.sequence.axis).astype(np.int64)
_SHIFTS_of_sequence = KINDS
MAX_LANES = 1 << 12
_LOW = 1 << 16
class Decoder:

    def __init__(self, data):
        lanes = int.from_bytes(data[:2], 'little')
        if not 1 <= lanes <= MAX_LANES or len(data) < 2 + 4 * lanes or len(data) % 2:
            raise StreamError('a coded stream has an impossible length')
        self._states = np.frombuffer(data, '<u4', lanes, 2).astype(np.uint32)
        self._words = np.frombuffer(data, '<u2', offset=2 + 4 * lanes).astype(np.uint32)
        self._next = 0
        if (self._states < _LOW).any():
            raise StreamError('a coded stream starts with an impossible state')

    def code(self, probabilities, bits=None):
        ones = probabilities.astype(np.uint32)
        decided, lanes = (np.empty(len(ones), bool), len(self._states))
        for row in range(0, len(ones), lanes):
            p = ones[row:row + lanes]
            x = self._states[:len(p)]
            slot = x & np.uint32(65535)
            bit = slot < p
            decided[row:row + lanes] = bit
            x >>= np.uint32(16)
            x *= np.where(bit, p, np.uint32(SCALE) - p)
            x += np.where(bit, slot, slot - p)
            few = np.flatnonzero(x < _LOW)
            if few.size:
                stop = self._next + few.size
                if stop > self._words.size:
                    raise StreamError('a coded stream ends too early')
                x[few] = x[few] << np.uint32(16) | self._words[self._next:stop]
                self._next = stop
        return decided

    def _go_on(self, place):
        if place < 0:
            raise StreamError('a coded stream ends too early')
        self._next = place

    def finish(self):
        if self._next != self._words.size or (self._states != _LOW).any():
            raise StreamError('a coded stream does not end where it should')
_THREADS_of_sequence = 2
def decode_slices(sequence, streams, limits, on_level=lambda level: None):
    planes = Planes(sequence)

    def decode_stack(place):
        data = streams(place)
        if data is None:
            planes.put_between(place)
            return
        shifts = tuple(np.frombuffer(data[:_SHIFTS_of_sequence], np.int8).tolist())
        if len(shifts) != _SHIFTS_of_sequence:
            raise StreamError('a coded stream has an impossible length')
        coder = Decoder(data[_SHIFTS_of_sequence:])
        stack = planes.code(place, coder)
        coder.finish()
        planes.rebuild(place, stack, shifts, limits)
    with ThreadPoolExecutor(_THREADS_of_sequence) as threads:
        for level in range(len(sequence.steps)):
            list(threads.map(decode_stack, [place for place in sequence.places if place[0] == level]))
            on_level(len(sequence.steps) - 1 - level)
    return planes.volume()
MAGIC = b'\x89INR\r\n\x1a\n'
_INTEGERS = ('int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64')
DTYPES = ('bool', *_INTEGERS, 'float16', 'float32', 'float64')
_SAMPLE = 1000000
def _sample(volume):
    values = volume.array.reshape(-1)[::max(1, volume.array.size // _SAMPLE)]
    values = values.astype(np.float64)
    values = values[np.isfinite(values)]
    return values if values.size else np.asarray(volume.finite_range())
LARGEST_INTEGER = 2 ** 53
_OUTLIERS = 8
@dataclass(frozen=True)
class IntensityMap:
    scale: object
    offset: object
    low: object
    high: object

    def __post_init__(self):
        numbers = (self.scale, self.offset, self.low, self.high)
        if not all(map(math.isfinite, numbers)) or self.scale < 0 or self.low > self.high:
            raise InputError('The intensity map is not a finite one with low <= high.')

    @classmethod
    def of(cls, volume):
        low, high = volume.finite_range()
        if not math.isfinite(high - low) or (volume.is_integer and max(-low, high) > LARGEST_INTEGER):
            raise InputError(f'{volume.label} has values too large to be coded ({low:g} to {high:g}); rescale it first.')
        if low == high:
            return cls(0.0, low, low, high)
        bottom, top = np.percentile(_sample(volume), [0.1, 99.9])
        half = max((top - bottom) / 2, (high - low) / (2 * _OUTLIERS), np.finfo(np.float64).tiny)
        return cls(float(half), float(bottom + (top - bottom) / 2), low, high)

    @property
    def value_range(self):
        return (self.high - self.low) / self.scale if self.scale else 0.0

    @property
    def largest_value(self):
        return max(abs(self.low - self.offset), abs(self.high - self.offset)) / self.scale

    def to_values(self, intensities):
        return ((intensities.astype(np.float64) - self.offset) / self.scale).astype(np.float32)

    def to_intensities(self, values):
        found = values.astype(np.float64)
        found *= self.scale
        found += self.offset
        return np.clip(found, self.low, self.high, out=found)

    def stored(self, intensities, dtype):
        clipped = np.clip(intensities, self.low, self.high)
        return (clipped if dtype.kind == 'f' else np.rint(clipped)).astype(dtype)
def level_count(shape):
    return max(0, int(np.ceil(np.log2(max(shape) / 8)))) if max(shape) > 8 else 0
_VOTES = 15
_ROUNDS, _GUESSES_of_label_coding, _KINDS_of_label_coding = (2, 2, 6)
CONTEXTS = _KINDS_of_label_coding * _ROUNDS * _GUESSES_of_label_coding * _VOTES
def _most_named(around, excluded):
    best, most = (np.full(len(excluded), -1, np.int64), np.zeros(len(excluded), np.int64))
    for candidate, _weight in around[:6]:
        votes = np.zeros(len(excluded), np.int64)
        for labels, weight in around:
            votes += weight * (labels == candidate)
        better = (votes > most) & (candidate >= 0) & (candidate != excluded)
        best[better], most[better] = (candidate[better], votes[better])
    return (best, np.minimum(most, _VOTES - 1))
def _guess(answers, around, context, wanted):
    count = len(around[0][0])
    first, first_votes = _most_named(around, np.full(count, -1, np.int64))
    is_first = answers.code(context + first_votes, None if wanted is None else wanted == first)
    found = first.copy()
    rest = np.flatnonzero(~is_first)
    if not rest.size:
        return found
    around = [(labels[rest], weight) for labels, weight in around]
    second, second_votes = _most_named(around, first[rest])
    asked = None if wanted is None else wanted[rest]
    is_second = answers.code(context + _VOTES + second_votes, None if asked is None else asked == second)
    found[rest] = second
    others = rest[~is_second]
    numbers = answers.numbers(others.size, None if wanted is None else wanted[others]) if others.size else others
    found[others] = numbers
    return found
def _moved(array, axis, step):
    result = np.full_like(array, -1)
    to, source = ([slice(None)] * 3, [slice(None)] * 3)
    to[axis], source[axis] = (slice(1, None), slice(-1)) if step < 0 else (slice(-1), slice(1, None))
    result[tuple(to)] = array[tuple(source)]
    return result
def _neighbours(sides, done, round_):
    for side in sides:
        yield (side, 2)
    if round_:
        for axis in (1, 2):
            for step in (-1, 1):
                yield (_moved(done, axis, step), 2)
    else:
        for side in sides:
            for axis in (1, 2):
                for step in (-1, 1):
                    yield (_moved(side, axis, step), 1)
def _fill_between(answers, part, kind, is_known):
    between = part[1::2]
    before = part[0::2][:len(between)]
    after = np.concatenate([part[2::2], before[-1:]])[:len(between)]
    sides = [before, after]
    done = np.full(between.shape, -1, np.int64)
    squares = np.indices(between.shape[1:]).sum(0) % 2
    for round_ in range(_ROUNDS):
        chosen = np.broadcast_to(squares == round_, between.shape)
        around = [(one[chosen], weight) for one, weight in _neighbours(sides, done, round_)]
        wanted = between[chosen] if is_known else None
        found = _guess(answers, around, (kind * _ROUNDS + round_) * _GUESSES_of_label_coding * _VOTES, wanted)
        done[chosen] = found
    between[...] = done
def _walk_level(answers, lattice, level, is_known):
    for axis in range(3):
        part = np.moveaxis(lattice[tuple((slice(None, None, 1 if a <= axis else 2) for a in range(3)))], axis, 0)
        if part.shape[0] > 1:
            _fill_between(answers, part, min(level, _KINDS_of_label_coding - 1), is_known)
def even(count):
    return np.full(count, EVEN, np.uint32)
def code_whole_numbers(coder, count, wanted=None):
    widths, going = (np.zeros(count, np.int64), np.arange(count))
    wanted_widths = None if wanted is None else np.floor(np.log2(wanted.astype(float) + 1)).astype(np.int64)
    for width in range(30):
        bits = coder.code(even(going.size), None if wanted_widths is None else wanted_widths[going] > width)
        going = going[bits]
        if not going.size:
            break
        widths[going] = width + 1
    if (widths >= 30).any():
        raise StreamError('a coded number is too large')
    values = np.ones(count, np.int64)
    for place in range(int(widths.max(initial=0))):
        going = np.flatnonzero(widths > place)
        shift = widths[going] - 1 - place
        bits = coder.code(even(going.size), None if wanted is None else wanted[going] + 1 >> shift & 1 > 0)
        values[going] = 2 * values[going] + bits
    return values - 1
class Coded:

    def __init__(self, odds, coder):
        self._odds, self._coder = (odds.astype(np.uint32), coder)

    def code(self, contexts, wanted):
        return self._coder.code(self._odds[contexts], wanted)

    def numbers(self, count, wanted):
        return code_whole_numbers(self._coder, count, wanted)
def decode_labels(shape, labels, odds, streams, finest=0):
    levels = level_count(shape)
    if len(odds) != CONTEXTS or (odds == 0).any() or (not streams):
        raise StreamError('the odds of the labels make no sense')
    coarse = tuple((len(range(0, n, 1 << levels)) for n in shape))
    coder = Decoder(streams[0])
    known = code_whole_numbers(coder, int(np.prod(coarse))).reshape(coarse)
    coder.finish()
    for number, level in enumerate(reversed(range(finest, levels)), 1):
        lattice = np.zeros([len(range(0, n, 1 << level)) for n in shape], np.int64)
        lattice[::2, ::2, ::2] = known
        if number >= len(streams):
            raise StreamError('a stream is missing')
        coder = Decoder(streams[number])
        _walk_level(Coded(odds, coder), lattice, level, False)
        coder.finish()
        known = lattice
    if known.size and known.max() >= labels:
        raise StreamError('a label does not exist')
    return known
VERSION_of_parts = 4
PREFIX = struct.Struct('<8sIIQI')
Key = tuple[str, int, int]
_TABLE = struct.Struct('<8sIIHB')
def damaged(label, problem):
    raise InputError(f'{label} is cut short or damaged: {problem}; use an intact copy.')
_FLOAT64, _FLOAT32, _INT16, _INT32, _DECIMAL24, _DECIMAL32, _SAME, _NEGATED = (200, 201, 202, 203, 204, 205, 206, 222)
_ZERO = 100
_MOST_DECIMALS = 12
_BACK = 16
class ShortReader:

    def __init__(self, content):
        self._content, self._at = (content, 0)

    @property
    def finished(self):
        return self._at == len(self._content)

    def take(self, count):
        content = self._content[self._at:self._at + count]
        if len(content) != count:
            raise ValueError('it ends too early')
        self._at += count
        return content

    def whole(self):
        number = 0
        for place in range(0, 63, 7):
            byte = self.take(1)[0]
            number |= (byte & 127) << place
            if byte < 128:
                return number
        raise ValueError('a number is too long')

    def floats(self, count):
        found: list[float] = []
        for _ in range(count):
            found.append(self._float(found))
        return found

    def _float(self, before):
        tag = self.take(1)[0]
        if tag < 2 * _ZERO:
            return float(tag - _ZERO)
        if tag in (_DECIMAL24, _DECIMAL32):
            places, digits = (self.take(1)[0], self.take(3 if tag == _DECIMAL24 else 4))
            if places > _MOST_DECIMALS:
                raise ValueError('a number has too many decimals')
            return int.from_bytes(digits, 'little', signed=True) / 10 ** places
        if tag >= _SAME:
            back = (tag - _SAME) % _BACK + 1
            if tag >= _NEGATED + _BACK or back > len(before):
                raise ValueError('a number makes no sense')
            return -before[-back] if tag >= _NEGATED else before[-back]
        form = {_FLOAT64: '<d', _FLOAT32: '<f', _INT16: '<h', _INT32: '<i'}[tag]
        return float(struct.unpack(form, self.take(struct.calcsize(form)))[0])
PART = struct.Struct('<cBHIQ')
MAX_PARTS = 1 << 17
PLAIN_VERSION = 2
ASSEMBLY_VERSION = 3
def _prefix_checksum(count, size):
    return zlib.crc32(struct.pack('<IQ', count, size))
_SMALL = 1 << 12
def _short_checksum(key, content):
    kind, level, number = key
    whole = zlib.crc32(content, zlib.crc32(struct.pack('<cBH', kind.encode(), level, number)))
    return whole.to_bytes(4, 'little')[:3 if len(content) < _SMALL else 4]
def _checksum(head, content):
    return zlib.crc32(content, zlib.crc32(head[8:], zlib.crc32(head[:4])))
def _table_end(first):
    _, version, _, low, high = _TABLE.unpack(first)
    return _TABLE.size + (low | high << 16) if version == VERSION_of_parts else 0
_NUMBERED = 128
_KINDS_of_parts = 'HLMBWSRP'
_LAST_LEVEL = 15
class Parts:

    def __init__(self, read, size, label):
        self._read, self._label = (read, label)
        self._places: dict[Key, tuple[int, int, bytes]] = {}
        self._cut: tuple[Key, int] | None = None
        self.size = size
        self.version = int.from_bytes(self._exactly(0, len(MAGIC) + 4)[len(MAGIC):], 'little')
        if self.version == VERSION_of_parts:
            self.complete = self._list_table()
        else:
            self.complete = self._list_heads()

    def _list_table(self):
        *_, checksum, low, high = _TABLE.unpack(self._exactly(0, _TABLE.size))
        length = low | high << 16
        table = self._exactly(_TABLE.size, length)
        if zlib.crc32(struct.pack('<HB', low, high) + table) != checksum:
            damaged(self._label, 'its first bytes make no sense')
        reader, start = (ShortReader(table), _TABLE.size + length)
        try:
            count = reader.whole()
            for _ in range(count):
                code = reader.take(1)[0]
                level = code & 15
                number = reader.whole() if code & _NUMBERED else 0
                key = (_KINDS_of_parts[code >> 4 & 7], 255 if level == _LAST_LEVEL else level, number)
                size = reader.whole()
                checksum = reader.take(3 if size < _SMALL else 4)
                if key in self._places or (self._cut is not None and self._cut[0] == key):
                    damaged(self._label, 'a part is there twice')
                if start + size <= self.size:
                    self._places[key] = (start, size, checksum)
                elif self._cut is None:
                    self._cut = (key, start)
                start += size
        except ValueError:
            damaged(self._label, 'its table makes no sense')
        if not 1 <= count <= MAX_PARTS or not reader.finished or start < self.size:
            damaged(self._label, 'its parts do not fill it')
        return self._cut is None

    def _list_heads(self):
        label, size = (self._label, self.size)
        _, version, count, whole, checksum = PREFIX.unpack(self._exactly(0, PREFIX.size))
        if version not in (PLAIN_VERSION, ASSEMBLY_VERSION) or not 1 <= count <= MAX_PARTS or checksum != _prefix_checksum(count, whole):
            damaged(label, 'its first bytes make no sense')
        start = PREFIX.size
        while len(self._places) < count and start + PART.size <= size:
            head = self._exactly(start, PART.size)
            kind, level, number, _, length = PART.unpack(head)
            key = (kind.decode('latin-1'), level, number)
            if key in self._places:
                damaged(label, 'a part is there twice')
            start += PART.size
            if length > size - start:
                self._cut = (key, start)
                break
            self._places[key] = (start, length, head)
            start += length
        complete = len(self._places) == count and start == size == whole
        if size >= whole and (not complete):
            damaged(label, 'its parts do not fill it')
        return complete

    @classmethod
    def of_bytes(cls, data, label):
        return cls(lambda start, length: data[start:start + length], len(data), label)

    @classmethod
    def of_file(cls, path, label):

        def read(start, length):
            try:
                with Path(path).open('rb') as stream:
                    stream.seek(start)
                    return stream.read(length)
            except OSError as error:
                raise InputError(f'Cannot read {label}: {error.strerror}.') from error
        return cls(read, Path(path).stat().st_size, label)

    def __getitem__(self, key):
        start, length, check = self._places[key]
        content = self._exactly(start, length)
        if self.version == VERSION_of_parts:
            intact = _short_checksum(key, content) == check
        else:
            intact = _checksum(check, content) == PART.unpack(check)[3]
        if not intact:
            damaged(self._label, 'a part fails its checksum')
        return content

    def inner(self, key, label):
        start, length, _ = self._places.get(key, (0, 0, b''))
        if not length and self._cut is not None and (self._cut[0] == key):
            start = self._cut[1]
            length = self.size - start
        first = self._read(start, min(length, _TABLE.size))
        if length < PREFIX.size or len(first) < _TABLE.size or length < _table_end(first):
            return None
        return Parts(lambda at, count: self._read(start + at, min(count, max(length - at, 0))), length, label)

    def __iter__(self):
        return iter(self._places)

    def __len__(self):
        return len(self._places)

    def _exactly(self, start, length):
        data = self._read(start, length)
        if len(data) != length:
            damaged(self._label, 'it ends too early')
        return data
def inflated(stored, most, label):
    length = int.from_bytes(stored[:8], 'little')
    if length > most:
        damaged(label, 'a part claims an impossible length')
    try:
        inflater = zlib.decompressobj()
        content = inflater.decompress(stored[8:], length + 1)
    except zlib.error:
        damaged(label, 'a part cannot be inflated')
    if len(content) != length or not inflater.eof or inflater.unused_data:
        damaged(label, 'a part inflates to the wrong length')
    return content
ENTROPY_CODING = 2
LARGE_IN_SLICES = 2.0
LARGE = 6.0
BLOCK = 4
def is_large(magnitudes, flags):
    samples = math.prod((min(n, BLOCK) for n in magnitudes.shape)) * int(flags.sum())
    limit = LARGE_IN_SLICES if 1 in magnitudes.shape else LARGE
    return float(magnitudes.sum(dtype=np.float64)) > limit * samples
def block_sums(array, steps):
    total = array if array.dtype == np.int32 else array.astype(np.int32)
    for axis, step in enumerate(steps):
        total = np.add.reduceat(total, np.arange(0, total.shape[axis], step), axis)
    return total
def numbers_of(halves):
    return halves + 1 >> 1
PHASES_of_contexts = ((0, 0, 0), (1, 1, 1), (1, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 0))
def phase_view(array, phase):
    k, j, i = PHASES_of_contexts[phase]
    return array[k::2, j::2, i::2]
class FixedSource:

    def __init__(self, coefficients, in_halves=False):
        self._coefficients, self._in_halves = (coefficients, in_halves)

    def flags(self, band):
        return block_sums(self._coefficients[band] != 0, [BLOCK] * 3) > 0

    def large(self, band):
        return is_large(self._numbers(self._coefficients[band]), self.flags(band))

    def magnitudes(self, band, phase, active, logits):
        return self._numbers(phase_view(self._coefficients[band], phase).reshape(-1)[active])

    def negative(self, band, places):
        return self._coefficients[band].reshape(-1)[places] < 0

    def _numbers(self, coefficients):
        magnitudes = np.abs(coefficients)
        return numbers_of(magnitudes) if self._in_halves else magnitudes
_BAND = 0
_HALF_OCTAVES = np.array(sorted({round(2 ** (n / 2)) for n in range(2 * 26)}))
LARGE_CONTEXTS = 4 * (len(_HALF_OCTAVES) + 1)
class LargeNumbers(AdaptiveNumbers):

    def __init__(self):
        super().__init__(LARGE_CONTEXTS)
ACTIVATION_BITS = 5
def _activated_of_entropy_model(sums):
    sums *= np.float32(2.0 ** (-ACTIVATION_BITS))
    return np.clip(np.floor(sums, out=sums), 0, 255, out=sums)
LOGIT_CLIP = 11 * 64
@dataclass(frozen=True)
class EntropyNetwork:
    first: object
    by_place: object
    second: object
    second_bias: object
    third: object
    third_bias: object
    by_phase: object = None

    def logits(self, features, weights, bias):
        hidden = _activated_of_entropy_model(features @ weights + bias)
        hidden = _activated_of_entropy_model(hidden @ self.second + self.second_bias)
        logits = np.floor((hidden @ self.third + self.third_bias) * np.float32(2.0 ** (-4)))
        return np.clip(logits, -LOGIT_CLIP, LOGIT_CLIP).astype(np.int32) + LOGIT_CLIP

    def layers(self, weights, bias):
        return (weights, bias, self.second, self.second_bias, self.third, self.third_bias)

    def weights(self, band, phase):
        return self.first if self.by_phase is None else self.first[band] + self.by_phase[phase]

    def bias(self, *places):
        return self.by_place[list(places)].sum(0)
def network_of(tables):
    return EntropyNetwork(**{name: np.array(table, np.float32) for name, table in tables.items()})
@lru_cache
def load_networks(trellis=False):
    name = 'trellis_model.json' if trellis else 'entropy_model.json'
    stored = json.loads(resources.files(__package__).joinpath(name).read_text(encoding='utf-8'))
    return (network_of(stored['blocks']), network_of(stored['coefficients']))
LARGEST_of_contexts = 31
LOG_TABLE = np.minimum(np.rint(20 * np.log2(1.0 + np.arange(6 * 27 * LARGEST_of_contexts + 1))), 255).astype(np.float32)
HALVES_LOG_TABLE = np.minimum(np.rint(20 * np.log2(1.0 + np.arange(12 * 27 * LARGEST_of_contexts + 1) / 2)), 255).astype(np.float32)
def phase_views(array):
    for number, (k, j, i) in enumerate(PHASES_of_contexts):
        view = array[k::2, j::2, i::2]
        if view.size:
            yield (number, view)
def _flagged(magnitudes, flags):
    mask = flags
    for axis in range(3):
        mask = np.repeat(mask, BLOCK // 2, axis)
    for phase, view in phase_views(magnitudes):
        yield (phase, view, np.flatnonzero(mask[tuple((slice(n) for n in view.shape))]))
LAST_UNARY = 14
def of_quantiser(logits, second):
    return np.where(second[:, None], logits[:, logits.shape[1] // 2:], logits[:, :logits.shape[1] // 2])
LOGITS = np.arange(-LOGIT_CLIP, LOGIT_CLIP + 1) / 64
PROBABILITIES = np.clip(np.rint(SCALE / (1 + np.exp(-LOGITS))), 1, SCALE - 1).astype(np.uint32)
def code_magnitudes(coder, logits, wanted, second=None):
    if wanted is not None and isinstance(coder, Rehearsal):
        return wanted
    if second is not None:
        logits = of_quantiser(logits, second)
    count = len(logits)
    magnitudes, going = (np.zeros(count, np.int32), np.arange(count))
    for reached in range(LAST_UNARY):
        probabilities = PROBABILITIES[logits[going, min(reached, logits.shape[1] - 1)]]
        bits = coder.code(probabilities, None if wanted is None else wanted[going] > reached)
        going = going[bits]
        if not going.size:
            return magnitudes
        magnitudes[going] = reached + 1
    rest = code_whole_numbers(coder, going.size, None if wanted is None else wanted[going] - LAST_UNARY)
    magnitudes[going] += rest.astype(np.int32)
    return magnitudes
LARGEST_SEEN = 1 << 20
def sum_of(arrays, shape):
    total = np.zeros(shape, np.int32)
    for array in arrays:
        total += np.minimum(array, LARGEST_SEEN)
    return total
def _pair(shifted, axis):
    before, after = ([0, 0, 0], [0, 0, 0])
    before[axis], after[axis] = (-1, 1)
    return shifted(*before) + shifted(*after)
def _four(shifted, axis):
    signs = ((-1, -1), (-1, 1), (1, -1), (1, 1))
    offsets = [[*pair[:axis], 0, *pair[axis:]] for pair in signs]
    total = shifted(*offsets[0]).copy()
    for offset in offsets[1:]:
        total += shifted(*offset)
    return total
def neighbour_sums(padded, phase, shape):
    counts = [len(range(p, n, 2)) for p, n in zip(phase, shape, strict=True)]

    def shifted(*offset):
        start = [1 + p + o for p, o in zip(phase, offset, strict=True)]
        return padded[tuple((slice(s, s + 2 * c - 1, 2) for s, c in zip(start, counts, strict=True)))]
    faces = [_pair(shifted, axis) for axis in range(3)]
    edges = [_four(shifted, axis) for axis in range(3)]
    corners = shifted(-1, -1, -1).copy()
    for signs in ((-1, -1, 1), (-1, 1, -1), (-1, 1, 1), (1, -1, -1), (1, -1, 1), (1, 1, -1), (1, 1, 1)):
        corners += shifted(*signs)
    return [*faces, *edges, corners]
def clipped(magnitudes, largest=LARGEST_of_contexts):
    return np.minimum(magnitudes, largest).astype(np.int16)
def box_sums(magnitudes):
    total = magnitudes
    for axis in range(3):
        lines = np.moveaxis(total, axis, 0)
        summed = lines.copy()
        summed[1:] += lines[:-1]
        summed[:-1] += lines[1:]
        total = np.moveaxis(summed, 0, axis)
    return total
def shells(magnitudes):
    padded = np.pad(magnitudes, 1)
    core = tuple((slice(1, 1 + n) for n in magnitudes.shape))
    faces = np.zeros_like(magnitudes)
    for axis in range(3):
        for step in (-1, 1):
            moved = list(core)
            moved[axis] = slice(1 + step, 1 + step + magnitudes.shape[axis])
            faces += padded[tuple(moved)]
    return [magnitudes, faces, box_sums(magnitudes) - faces - magnitudes]
def halves_of(numbers, second):
    return 2 * numbers - (second & (numbers > 0))
def fitted(array, shape):
    result = np.zeros(shape, array.dtype)
    common = tuple((slice(min(a, b)) for a, b in zip(array.shape, shape, strict=True)))
    result[common] = array[common]
    return result
_WEIGHTS = (4, 2, 1)
_FINENESS_of_large = 16
def _known_weight(phase):
    before, own, total = (PHASES_of_contexts[:phase], PHASES_of_contexts[phase], 0)
    for k in (-1, 0, 1):
        for j in (-1, 0, 1):
            for i in (-1, 0, 1):
                distance = abs(k) + abs(j) + abs(i)
                if distance and ((own[0] + k) % 2, (own[1] + j) % 2, (own[2] + i) % 2) in before:
                    total += _WEIGHTS[distance - 1]
    return total
_FEW = 12
def large_contexts(near, beside, phase, second=None):
    total = beside.astype(np.int64) * _WEIGHTS[0]
    for number, part in enumerate(near):
        total += part.astype(np.int64) * _WEIGHTS[min(number // 3, 2)]
    scale = 1 if second is None else 2
    expected = np.searchsorted(_HALF_OCTAVES, total * _FINENESS_of_large // (scale * (_WEIGHTS[0] + _known_weight(phase))), side='right')
    contexts = expected + (phase > 0) * (len(_HALF_OCTAVES) + 1)
    return contexts if second is None else contexts + (second & (expected < _FEW)) * (LARGE_CONTEXTS // 2)
_LEVEL_KINDS = 5
def spread(array, axes, shape, times=2):
    for axis in axes:
        array = np.repeat(array, times, axis)
    return fitted(array, shape)
class _BandWalk:

    def __init__(self, coder, level, band, shape, source, numbers, trellis=None, corrections=None):
        self._coder, self._level, self._band, self._shape, self._source = (coder, level, band, shape, source)
        self._blocks, self._coefficients = load_networks(trellis is not None)
        self._numbers, self._trellis, self._corrections = (numbers, trellis, corrections)
        self._scale = 1 if trellis is None else 2
        self._table = LOG_TABLE if trellis is None else HALVES_LOG_TABLE

    def run(self, parent, axes, siblings):
        beside, nearest = (np.zeros(self._shape, np.int16), np.zeros(self._shape, np.int16))
        for band, sibling in siblings.items():
            magnitudes = clipped(fitted(sibling, self._shape), LARGEST_of_contexts * self._scale)
            beside += magnitudes
            if (band ^ self._band).bit_count() == 1:
                nearest += magnitudes
        of_siblings = [beside] if self._trellis is None else [nearest, beside]
        seen = None if parent is None else clipped(parent, LARGEST_of_contexts * self._scale)
        flags = self._code_flags(seen, axes, of_siblings)
        magnitudes = np.zeros(self._shape, np.int32)
        if not flags.any():
            if self._trellis is not None:
                self._trellis.pass_over(magnitudes)
            return magnitudes
        if self._numbers is not None and self._code_large():
            around = [fitted(sibling, self._shape) for sibling in siblings.values()]
            around += [] if parent is None else [spread(parent, axes, self._shape)]
            self._code_large_magnitudes(magnitudes, flags, self._numbers, around)
        else:
            around = [] if seen is None else [spread(part, axes, self._shape) for part in shells(seen)]
            self._code_magnitudes(magnitudes, flags, np.stack([*around, *of_siblings, box_sums(beside)]))
        self._code_signs(magnitudes)
        return magnitudes

    def _code_large(self):
        wanted = None if self._source is None else np.array([self._source.large(self._band)])
        return bool(self._coder.code(even(1), wanted)[0])

    def _code_flags(self, parent, axes, of_siblings):
        shape = tuple((-(-n // BLOCK) for n in self._shape))
        wanted = None if self._source is None else self._source.flags(self._band)
        if wanted is not None and isinstance(self._coder, Rehearsal):
            return wanted
        flags = np.zeros(shape, bool)
        around = []
        if parent is not None:
            steps = [BLOCK // 2 if axis in axes else BLOCK for axis in range(3)]
            around = shells(np.minimum(fitted(block_sums(parent, steps), shape), 100 * self._scale).astype(np.int16))
        sums = [block_sums(beside, [BLOCK] * 3) for beside in of_siblings]
        besides = [np.minimum(beside, 100 * self._scale).astype(np.int16) for beside in sums]
        fixed = np.stack([*around, *besides, box_sums(besides[-1])])
        padded = np.zeros([n + 2 for n in shape], np.int16)
        inner = padded[1:-1, 1:-1, 1:-1]
        for phase, view in phase_views(flags):
            active = np.arange(view.size)
            logits = self._logits(self._blocks, padded, fixed, phase, shape, active)
            target = None if wanted is None else phase_view(wanted, phase).reshape(-1)
            bits = self._coder.code(PROBABILITIES[logits[:, 0]], target)
            view[...] = bits.reshape(view.shape)
            phase_view(inner, phase)[...] = view
        return flags

    def _code_magnitudes(self, magnitudes, flags, fixed):
        padded = np.zeros([n + 2 for n in self._shape], np.int16)
        inner = padded[1:-1, 1:-1, 1:-1]
        for phase, view, active in _flagged(magnitudes, flags):
            if active.size:
                second = self._second(view, active)
                logits = self._logits(self._coefficients, padded, fixed, phase, self._shape, active)
                found = self._code_active(phase, active, logits, second)
                self._put(view, active, found, second)
                phase_view(inner, phase)[...] = clipped(view, LARGEST_of_contexts * self._scale)
            elif self._trellis is not None:
                self._trellis.advance(view)

    def _code_active(self, phase, active, logits, second):
        better = logits if self._corrections is None else self._corrections.corrected(logits)
        wanted = None if self._source is None else self._source.magnitudes(self._band, phase, active, better)
        if self._corrections is None or second is None:
            return code_magnitudes(self._coder, better, wanted)
        found = code_magnitudes(self._coder, better, wanted, second)
        self._corrections.learn(logits, second, found, LAST_UNARY)
        return found

    def _code_large_magnitudes(self, magnitudes, flags, numbers, around):
        beside = sum_of(around, self._shape)
        padded = np.zeros([n + 2 for n in self._shape], np.int32)
        inner = padded[1:-1, 1:-1, 1:-1]
        for phase, view, active in _flagged(magnitudes, flags):
            if active.size:
                second = self._second(view, active)
                parts = neighbour_sums(padded, PHASES_of_contexts[phase], self._shape)
                near = [part.reshape(-1)[active] for part in parts]
                contexts = large_contexts(near, phase_view(beside, phase).reshape(-1)[active], phase, second)
                wanted = None if self._source is None else self._source.magnitudes(self._band, phase, active, None)
                self._put(view, active, numbers.code(self._coder, contexts, wanted), second)
                phase_view(inner, phase)[...] = np.minimum(view, LARGEST_SEEN)
            elif self._trellis is not None:
                self._trellis.advance(view)

    def _second(self, view, active):
        return None if self._trellis is None else self._trellis.second(view.shape).reshape(-1)[active]

    def _put(self, view, active, found, second):
        values = np.zeros(view.size, np.int32)
        values[active] = found
        if self._trellis is not None and second is not None:
            self._trellis.advance(values.reshape(view.shape))
            values[active] = halves_of(found, second)
        view[...] = values.reshape(view.shape)

    def _code_signs(self, magnitudes):
        flat = magnitudes.reshape(-1)
        places = np.flatnonzero(flat)
        wanted = None if self._source is None else self._source.negative(self._band, places)
        negative = self._coder.code(np.full(len(places), EVEN, np.uint32), wanted)
        flat[places[negative]] *= -1

    def _logits(self, network, padded, fixed, phase, shape, active):
        kind = len(PHASES_of_contexts) + 8 + min(self._level, _LEVEL_KINDS - 1)
        weights, bias = (network.weights(self._band, phase), network.bias(phase, len(PHASES_of_contexts) + self._band, kind))
        parts = neighbour_sums(padded, PHASES_of_contexts[phase], shape)
        count = network.first.shape[-2]
        features = np.zeros((active.size, count), np.float32)
        for column, part in enumerate(parts):
            features[:, column] = self._table[part.reshape(-1)[active]]
        for column, part in enumerate(fixed, count - len(fixed)):
            features[:, column] = self._table[phase_view(part, phase).reshape(-1)[active]]
        return network.logits(features, weights, bias)
def code_band(coder, band, shape, source=None, model=ENTROPY_CODING):
    numbers = LargeNumbers() if model >= ENTROPY_CODING else None
    return _BandWalk(coder, 0, band, shape, source, numbers).run(None, (), {})
def code_corrections(coder, shape, low_bits, wanted=None, model=ENTROPY_CODING):
    half = 1 << low_bits >> 1
    high = None if wanted is None else wanted + half >> low_bits
    source = None if high is None else FixedSource({_BAND: high.astype(np.int32)})
    coded = code_band(coder, _BAND, shape, source, model).astype(np.int64)
    if not low_bits:
        return coded
    even = np.full(coded.size, EVEN, np.uint32)
    low = None if wanted is None or high is None else (wanted + half - (high << low_bits)).reshape(-1)
    rest = np.zeros(coded.size, np.int64)
    for place in range(low_bits):
        bits = coder.code(even, None if low is None else low >> place & 1 > 0)
        rest += bits.astype(np.int64) << place
    return (coded << low_bits) + rest.reshape(shape) - half
TRELLIS_CODING = 4
def code_low(coder, shape, low):
    wanted = None
    if low is not None:
        differences = np.diff(low.reshape(-1), prepend=0)
        wanted = np.where(differences < 0, -2 * differences - 1, 2 * differences)
    codes = code_whole_numbers(coder, int(np.prod(shape)), wanted)
    return np.cumsum(np.where(codes & 1, -(codes + 1) // 2, codes // 2)).reshape(shape)
SHIFT_KINDS = 3
_FRACTION = 256
@dataclass(frozen=True)
class BandStep:
    units: object
    shifts: object
    parts: object = 1

    def restore_into(self, coefficients, units):
        for own, plane in zip(units, coefficients, strict=True):
            own[...] = self.restore(plane)

    def restore(self, coefficients):
        magnitudes = np.abs(coefficients).astype(np.int64)
        shift = np.array([0, *self.shifts], np.int64)[np.minimum(magnitudes, SHIFT_KINDS)]
        values = (magnitudes * (_FRACTION // self.parts) - shift) * self.units + (1 << 15) >> 16
        return np.where(coefficients < 0, -values, values)
SHIFT = 10
_HALF_of_lifting = 1 << SHIFT - 1
def _scaled_of_lifting(total, factor):
    total *= factor
    total += _HALF_of_lifting
    total >>= SHIFT
    return total
def _around_low(high, count):
    total = np.empty((count, *high.shape[1:]), high.dtype)
    total[:len(high)], total[len(high):] = (high, high[-1])
    total[0] += high[0]
    total[1:] += high[:count - 1]
    return total
STEPS = (-1623, -54, 904, 454)
def _around_high(low, count):
    total = low[:count].copy()
    inner = min(count, len(low) - 1)
    total[:inner] += low[1:inner + 1]
    total[inner:] += low[inner:count]
    return total
def _inverse(part, axis):
    lines = np.moveaxis(part, axis, 0)
    half = (len(lines) + 1) // 2
    low, high = (lines[:half].copy(), lines[half:].copy())
    for number in (3, 2, 1, 0):
        if number % 2:
            low -= _scaled_of_lifting(_around_low(high, len(low)), STEPS[number])
        else:
            high -= _scaled_of_lifting(_around_high(low, len(high)), STEPS[number])
    lines[0::2], lines[1::2] = (low, high)
def _forward(part, axis):
    lines = np.moveaxis(part, axis, 0)
    low, high = (lines[0::2].copy(), lines[1::2].copy())
    for number, factor in enumerate(STEPS):
        if number % 2:
            low += _scaled_of_lifting(_around_low(high, len(low)), factor)
        else:
            high += _scaled_of_lifting(_around_high(low, len(high)), factor)
    lines[:len(low)], lines[len(low):] = (low, high)
def _lift(part, axis, inverse):
    if inverse:
        _inverse(part, axis)
    else:
        _forward(part, axis)
def synthesise(coefficients, levels):
    for level in reversed(levels):
        part = coefficients[tuple((slice(n) for n in level.shape))]
        for axis in reversed(level.axes):
            _lift(part, axis, True)
    return coefficients
_HIGH_NORMS = (1.0, 0.8864900675, 0.9830415322, 1.1731451712, 1.3740713696, 1.590852609, 1.8352340498)
_LOW_NORMS = (1.0, 1.1408845508, 1.3451433815, 1.5655498813, 1.8090883686, 2.0859446022, 2.4037737017)
def band_gains(levels):
    gains, depths = ([], [0, 0, 0])
    for number, level in enumerate(levels):
        for axis in level.axes:
            depths[axis] += 1
        here = {}
        for band in (*level.bands, *([0] if number + 1 == len(levels) else [])):
            gain = 1.0
            for axis in range(3):
                gain *= (_HIGH_NORMS if band >> axis & 1 else _LOW_NORMS)[depths[axis]]
            here[band] = gain
        gains.append(here)
    return gains
UNITS = 64
def band_units(levels):
    return [{band: round(UNITS * _FRACTION / gain) for band, gain in gains.items()} for gains in band_gains(levels)]
_SAFE_32_of_lifting = (1 << 31) / (2 * 1623)
LOW_OF_CONSTANT = 1.2287
_GROWTH = LOW_OF_CONSTANT ** 3
def integer_type(largest, levels):
    return np.int32 if 4 * largest * _GROWTH ** levels < _SAFE_32_of_lifting else np.int64
def parts_of(model):
    return 2 if model >= TRELLIS_CODING else 1
@dataclass(frozen=True)
class Pyramid:
    shape: object
    levels: object
    low: object
    coefficients: object
    shifts: object
    edge: object = 0
    bits: object = 0.0
    model: object = TRELLIS_CODING

    def samples(self, largest, coarsest=0):
        levels, units = (self.levels[coarsest:], band_units(self.levels))
        result = np.zeros(levels[0].shape if levels else self.low.shape, integer_type(largest, len(self.levels)))
        for number, level in enumerate(levels, coarsest):
            part = result[tuple((slice(n) for n in level.shape))]
            for band in level.bands:
                step = BandStep(units[number][band], self.shifts[number], parts_of(self.model))
                step.restore_into(self.coefficients[number][band], part[level.band_slices(band)])
        low_step = BandStep(units[-1][0] if units else UNITS * 256, (0,) * SHIFT_KINDS)
        result[tuple((slice(n) for n in self.low.shape))] = low_step.restore(self.low)
        return synthesise(result, levels)
def _zeros(levels, finest=0):
    return [{band: np.zeros(level.band_shape(band) if number >= finest else (0, 0, 0), np.int32) for band in level.bands} for number, level in enumerate(levels)]
SECOND = np.array([False, False, True, True])
NEXT = np.array([[0, 2], [2, 0], [1, 3], [3, 1]], np.int8)
class Trellis:

    def __init__(self, low_shape):
        self._states = np.zeros([-(-n // 2) for n in low_shape], np.int8)

    def second(self, shape):
        return SECOND[self._cells(shape)]

    def advance(self, numbers):
        cells = self._cells(numbers.shape)
        cells[...] = NEXT[cells, numbers & 1]

    def pass_over(self, band):
        for _, view in phase_views(band):
            self.advance(view)

    def _cells(self, shape):
        return self._states[tuple((slice(n) for n in shape))]
_FINENESS_of_corrections = 4
_CLASSES = (len(PROBABILITIES) >> _FINENESS_of_corrections) + 1
_MOST_SHIFT = 128
_CONFIDENCE = 48
class Corrections:

    def __init__(self, outputs):
        self._starts = np.arange(outputs) * _CLASSES
        self._asked, self._ones, self._foretold = np.zeros((3, outputs * _CLASSES), np.int64)
        self._shifts = np.zeros(outputs * _CLASSES, np.int32)

    def corrected(self, logits):
        shifts = self._shifts[(logits >> _FINENESS_of_corrections) + self._starts]
        return np.clip(logits + shifts, 0, len(PROBABILITIES) - 1)

    def learn(self, logits, second, numbers, last):
        self._count(logits, second, numbers, last)
        seen = np.flatnonzero(self._asked)
        asked, foretold = (self._asked[seen], self._foretold[seen] // self._asked[seen])
        came = (SCALE * self._ones[seen] + _CONFIDENCE * foretold) // (asked + _CONFIDENCE)
        shifts = np.searchsorted(PROBABILITIES, came) - np.searchsorted(PROBABILITIES, foretold)
        self._shifts[seen] = np.clip(shifts, -_MOST_SHIFT, _MOST_SHIFT)

    def _count(self, logits, second, numbers, last):
        questions = logits.shape[1] // 2
        for question in range(questions):
            going = np.flatnonzero(numbers >= question)
            outputs = second[going] * questions + question
            asked_logits = logits[going, outputs]
            classes = (asked_logits >> _FINENESS_of_corrections) + self._starts[outputs]
            if question + 1 < questions:
                ones, asked = ((numbers[going] > question).astype(np.int64), np.ones(going.size, np.int64))
            else:
                ones = np.minimum(numbers[going], last).astype(np.int64) - question
                asked = ones + (numbers[going] < last)
            for total, values in ((self._asked, asked), (self._ones, ones), (self._foretold, asked * PROBABILITIES[asked_logits])):
                np.add.at(total, classes, values)
def parent_of(levels, number, band):
    if number + 1 >= len(levels):
        return (0, ())
    coarser = levels[number + 1]
    return (band & sum((1 << a for a in coarser.axes)), coarser.axes)
QUESTIONS = 4
def code_level(coder, levels, number, coarser, source=None, model=ENTROPY_CODING, trellis=None):
    level, done = (levels[number], {})
    numbers = LargeNumbers() if model >= ENTROPY_CODING else None
    if trellis is None and model >= TRELLIS_CODING:
        trellis = Trellis(level.low_shape)
    corrections = None if trellis is None else Corrections(2 * QUESTIONS)
    for band in level.bands:
        shape = level.band_shape(band)
        if 0 in shape:
            done[band] = np.zeros(shape, np.int32)
            continue
        walk = _BandWalk(coder, number, band, shape, source, numbers, trellis, corrections)
        parent, axes = parent_of(levels, number, band)
        siblings = {number: np.abs(values) for number, values in done.items()}
        done[band] = walk.run(np.abs(coarser[parent]) if parent else None, axes, siblings)
    return done
@dataclass(frozen=True)
class Piece:
    number: object
    box: object
    start: object
    levels: object

    def cut(self, bands, level):
        return {band: array[self._place(level, band)] for band, array in bands.items()}

    def _place(self, level, band):
        axes, shape = (self.levels[level].axes, self.levels[level].band_shape(band))
        first = [s // 2 if a in axes else s for a, s in enumerate(self.start[level])]
        return tuple((slice(f, f + n) for f, n in zip(first, shape, strict=True)))
def _shape_of_tiles(sizes):
    k, j, i = sizes
    return (k, j, i)
def _shape_of_layout(sizes):
    k, j, i = sizes
    return (k, j, i)
@dataclass(frozen=True)
class Level:
    shape: object
    axes: object

    @property
    def low_shape(self):
        return _shape_of_layout(((n + 1) // 2 if a in self.axes else n for a, n in enumerate(self.shape)))

    @property
    def bands(self):
        mask = sum((1 << a for a in self.axes))
        return tuple((b for b in range(1, 8) if b & mask == b))

    def band_shape(self, band):
        low = self.low_shape
        return _shape_of_layout((n - low[a] if band >> a & 1 else low[a] for a, n in enumerate(self.shape)))

    def band_slices(self, band):
        low = self.low_shape
        a, b, c = (slice(low[a], n) if band >> a & 1 else slice(low[a]) for a, n in enumerate(self.shape))
        return (a, b, c)
def _piece(number, corner, shape, levels, steps):
    size = [min(step, n - c) for c, n, step in zip(corner, shape, steps, strict=True)]
    box = tuple((slice(c, c + n) for c, n in zip(corner, size, strict=True)))
    start, starts, own = (list(corner), [], [])
    for level in levels:
        starts.append(_shape_of_tiles(start))
        own.append(Level(_shape_of_tiles(size), level.axes))
        size = list(own[-1].low_shape)
        start = [s // 2 if a in level.axes else s for a, s in enumerate(start)]
    return Piece(number, box, tuple(starts), tuple(own))
def cut_tiles(shape, levels, edge):
    steps = [edge or max(n, 1) for n in shape]
    corners = itertools.product(*(range(0, n, step) for n, step in zip(shape, steps, strict=True)))
    return [_piece(number, corner, shape, levels, steps) for number, corner in enumerate(corners)]
TILED_LEVELS = 3
def coding_order(shape, levels, edge):
    whole, tiles = (cut_tiles(shape, levels, 0), cut_tiles(shape, levels, edge))
    for number in reversed(range(len(levels))):
        for piece in tiles if number < TILED_LEVELS else whole:
            yield (number, piece)
_THREADS_of_codec = 4
LOW_PLACE = (-1, 0)
def _coarser(coefficients, piece, number):
    return piece.cut(coefficients[number + 1], number + 1) if number + 1 < len(coefficients) else {}
def decode(shape, levels, edge, streams, finest=0, on_level=lambda level: None, model=TRELLIS_CODING):
    coder = Decoder(streams(LOW_PLACE) or b'')
    low = code_low(coder, levels[-1].low_shape if levels else shape, None)
    coder.finish()
    coefficients, shifts = (_zeros(levels, finest), [(0,) * SHIFT_KINDS] * len(levels))

    def decode_piece(number, piece):
        stream = streams((number, piece.number))
        if stream is None:
            return
        shifts[number] = tuple(np.frombuffer(stream[:SHIFT_KINDS], np.int8).tolist())
        own = Decoder(stream[SHIFT_KINDS:])
        found = code_level(own, piece.levels, number, _coarser(coefficients, piece, number), None, model)
        own.finish()
        for band, place in piece.cut(coefficients[number], number).items():
            place[...] = found[band]
    order = list(coding_order(shape, levels, edge))
    with ThreadPoolExecutor(_THREADS_of_codec) as threads:
        for number in reversed(range(finest, len(levels))):
            list(threads.map(lambda task: decode_piece(*task), [task for task in order if task[0] == number]))
            on_level(number)
    return Pyramid(shape, levels, low, coefficients, shifts, edge, model=model)
_SLAB = 1 << 18
_SAFE_32_of_filters = 1 << 15
def number_type(largest):
    return np.int32 if largest < _SAFE_32_of_filters else np.int64
REACH_of_filters = 2
def moved_of_filters(padded, offset, reach=REACH_of_filters):
    return padded[tuple((slice(reach + o, n - reach + o) for o, n in zip(offset, padded.shape, strict=True)))]
def classes_of(activity, changes, limits):
    chosen = np.zeros(activity.shape, np.uint8)
    for limit in limits:
        chosen += activity >= limit
    if changes:
        chosen *= 3
        second = changes[1] > changes[0]
        chosen += np.where(changes[2] > np.maximum(changes[0], changes[1]), np.uint8(2), second.astype(np.uint8))
    return chosen
_HEAD_of_filters = struct.Struct('<BBBB')
MOST_ACTIVITIES = 16
MOST_SHIFT = 15
_THREADS_of_filters = 4
def _box_sums(array):
    array = array[:-2] + array[1:-1] + array[2:]
    array = array[:, :-2] + array[:, 1:-1] + array[:, 2:]
    return array[:, :, :-2] + array[:, :, 1:-1] + array[:, :, 2:]
def _beside(padded):
    for axis in range(3):
        k, j, i = (int(axis == a) for a in range(3))
        yield (moved_of_filters(padded, (-k, -j, -i), 1), moved_of_filters(padded, (k, j, i), 1))
def changes_of(padded):
    return [_box_sums(np.abs(after - before)) for before, after in _beside(padded)]
def activity_of(padded):
    twice = 2 * moved_of_filters(padded, (0, 0, 0), 1)
    activity = np.zeros_like(twice)
    for before, after in _beside(padded):
        activity += np.abs(before + after - twice)
    return _box_sums(activity)
_NEAR = [(k, j, i) for k in (-1, 0, 1) for j in (-1, 0, 1) for i in (-1, 0, 1) if (k, j, i) > (0, 0, 0)]
_SLICE = [(0, 1, 2), (0, 1, -2), (0, 2, 1), (0, 2, -1), (0, 2, 2), (0, 2, -2)]
_PAIRS = (*_NEAR, (2, 0, 0), (0, 2, 0), (0, 0, 2), *_SLICE)
def pairs_of(shape, wide):
    pairs = _PAIRS if wide else _PAIRS[:-len(_SLICE)]
    return [pair for pair in pairs if all((n > 1 or not step for n, step in zip(shape, pair, strict=True)))]
def slabs_of(shape, box, voxels=_SLAB):
    start, stop, _ = box[0].indices(shape[0])
    planes = max(1, voxels // max(1, shape[1] * shape[2]))
    return [(slice(k, min(k + planes, stop)), *box[1:]) for k in range(start, stop, planes)]
def padded_slab(samples, slab, number):
    kept, missing = ([], [])
    for part, count in zip(slab, samples.shape, strict=True):
        start, stop, _ = part.indices(count)
        first, last = (max(start - REACH_of_filters, 0), min(stop + REACH_of_filters, count))
        kept.append(slice(first, last))
        missing.append((first - start + REACH_of_filters, stop + REACH_of_filters - last))
    return np.pad(samples[tuple(kept)].astype(number), missing, mode='edge')
def activity_limit(code):
    return 8 + code % 8 << code // 8
def pair_feature(padded, pair, twice):
    k, j, i = pair
    feature = moved_of_filters(padded, pair) + moved_of_filters(padded, (-k, -j, -i))
    feature -= twice
    return feature
@dataclass(frozen=True, eq=False)
class Filters:
    limits: object
    directions: object
    wide: object
    shift: object
    taps: object

    def to_bytes(self):
        head = _HEAD_of_filters.pack(len(self.limits), self.directions, self.wide, self.shift)
        return head + bytes(self.limits) + self.taps.tobytes()

    @classmethod
    def from_bytes(cls, data, shape):
        if len(data) < _HEAD_of_filters.size:
            raise StreamError('its filters end too early')
        count, directions, wide, shift = _HEAD_of_filters.unpack(data[:_HEAD_of_filters.size])
        pairs, start = (len(pairs_of(shape, wide == 1)), _HEAD_of_filters.size + count)
        size = (count + 1) * directions * pairs
        if count >= MOST_ACTIVITIES or directions not in (1, 3) or wide > 1 or (shift > MOST_SHIFT):
            raise StreamError('its filters make no sense')
        if len(data) != start + size:
            raise StreamError('its filters have the wrong length')
        taps = np.frombuffer(data, np.int8, size, start).reshape((count + 1) * directions, pairs)
        return cls(tuple(data[_HEAD_of_filters.size:start]), directions, wide == 1, shift, taps)

    def applied(self, samples, boxes, largest):
        result = samples.copy()
        number = number_type(largest)
        voxels = _SLAB
        slabs = [slab for box in boxes for slab in slabs_of(samples.shape, box, voxels)]

        def run(slab):
            result[slab] = self._filtered(padded_slab(samples, slab, number), samples.shape)
        with ThreadPoolExecutor(_THREADS_of_filters) as threads:
            list(threads.map(run, slabs))
        return result

    def _filtered(self, padded, shape):
        middle = moved_of_filters(padded, (0, 0, 0))
        changes = changes_of(padded) if self.directions > 1 else []
        chosen = classes_of(activity_of(padded), changes, [activity_limit(code) for code in self.limits])
        twice, total = (2 * middle, np.full(middle.shape, 1 << self.shift >> 1, padded.dtype))
        weights = self.taps.T.astype(padded.dtype)
        for pair, weight in zip(pairs_of(shape, self.wide), weights, strict=True):
            if weight.any():
                total += pair_feature(padded, pair, twice) * weight[chosen]
        total >>= self.shift
        total += middle
        return total
_EMPTY, _FULL, _MIXED = (0, 1, 2)
_COARSEST = 5
def _octree(mask):
    states = [mask.astype(np.int8)]
    for _ in range(_COARSEST):
        low, high = (states[-1], states[-1])
        for axis in range(3):
            starts = np.arange(0, low.shape[axis], 2)
            low, high = (np.minimum.reduceat(low, starts, axis), np.maximum.reduceat(high, starts, axis))
        states.append(np.where(low == high, low, _MIXED).astype(np.int8))
    return states
def _cubes(shape, level):
    return tuple((-(-n // 2 ** level) for n in shape))
_TRENDS = 7
_OFFSETS = [(k, j, i) for k in (-1, 0, 1) for j in (-1, 0, 1) for i in (-1, 0, 1) if (k, j, i) != (0, 0, 0)]
_FACES = [n for n, offset in enumerate(_OFFSETS) if np.abs(offset).sum() == 1]
_CONTEXTS = len(PHASES_of_contexts) * 3 ** len(_FACES) * _TRENDS
_OTHERS = [n for n, offset in enumerate(_OFFSETS) if np.abs(offset).sum() > 1]
_LIMITS = np.array([-8, -4, -1, 2, 5, 9])
_SIGNS = np.array([-1, 1, 0])
def _contexts(padded, places, steps, phase):
    pattern = np.full(len(places), phase, np.int64)
    trend = np.zeros(len(places), np.int64)
    for number in _FACES:
        state = padded[places + np.dot(_OFFSETS[number], steps)].astype(np.int64)
        pattern = pattern * 3 + state
        trend += _SIGNS[state]
    others = np.zeros(len(places), np.int64)
    for number in _OTHERS:
        others += _SIGNS[padded[places + np.dot(_OFFSETS[number], steps)]]
    kind = np.searchsorted(_LIMITS, others, side='right')
    return (pattern * _TRENDS + kind, np.clip(trend + others // 3, -6, 6))
def _code_cubes(coder, found, known, full, mixed):
    padded = np.full([n + 2 for n in found.shape], _MIXED, np.int8)
    inner = padded[1:-1, 1:-1, 1:-1]
    inner[...] = found
    steps = np.array(padded.strides)
    for phase, (k, j, i) in enumerate(PHASES_of_contexts):
        view = inner[k::2, j::2, i::2]
        places = np.argwhere(view == _MIXED)
        if not len(places):
            continue
        flat = (places * 2 + (1 + k, 1 + j, 1 + i)) @ steps
        contexts, trends = _contexts(padded.reshape(-1), flat, steps, phase)
        states = None if known is None else known[k::2, j::2, i::2][tuple(places.T)]
        going = np.arange(len(places))
        result = np.full(len(places), _MIXED, np.int8)
        if mixed is not None:
            split = mixed.code(coder, contexts, None if states is None else states == _MIXED, -np.abs(trends))
            going = np.flatnonzero(~split)
        result[going] = full.code(coder, contexts[going], None if states is None else states[going] == _FULL, trends[going])
        padded.reshape(-1)[flat] = result
    found[...] = inner
def _children(states, shape):
    for axis in range(3):
        states = np.repeat(states, 2, axis)
    return np.ascontiguousarray(states[tuple((slice(n) for n in shape))])
def code_mask(coder, shape, wanted=None):
    states = None if wanted is None else _octree(wanted)
    found = np.full(_cubes(shape, _COARSEST), _MIXED, np.int8)
    mixed, full = (AdaptiveContexts(_CONTEXTS), AdaptiveContexts(_CONTEXTS))
    for level in range(_COARSEST, -1, -1):
        if level < _COARSEST:
            found = _children(found, _cubes(shape, level))
        known = None if states is None else states[level]
        _code_cubes(coder, found, known, full, None if level == 0 else mixed)
    return found == _FULL
def decode_mask(shape, data):
    coder = Decoder(data)
    mask = code_mask(coder, shape)
    coder.finish()
    return mask
HIDDEN_CLIP = 1023
def _activated_of_restoration(sums, shift):
    sums *= np.float32(2.0 ** (-shift))
    return np.clip(np.floor(sums, out=sums), 0, HIDDEN_CLIP, out=sums)
CELL = 2
def _cells_of(shape, box):
    ends = [part.indices(n)[:2] for part, n in zip(box, shape, strict=True)]
    first = [start // CELL * CELL for start, _ in ends]
    counts = [-(-(stop - f) // CELL) for f, (_, stop) in zip(first, ends, strict=True)]
    return (first, [start - f for f, (start, _) in zip(first, ends, strict=True)], counts)
AROUND = 2
def _padded(samples, first, counts):
    kept, missing = ([], [])
    for start, count, n in zip(first, counts, samples.shape, strict=True):
        low, high = (start - AROUND, start + count * CELL + AROUND)
        kept.append(slice(max(low, 0), min(high, n)))
        missing.append((max(-low, 0), max(high - n, 0)))
    return np.pad(samples[tuple(kept)], missing, mode='edge')
LEAST_RANGE = 16
PATCH = CELL + 2 * AROUND
def _ranges(padded):
    cells = padded.reshape([m for n in padded.shape for m in (n // CELL, CELL)])
    largest, smallest = (cells.max((1, 3, 5)), cells.min((1, 3, 5)))
    for axis in range(3):
        parts = [tuple((slice(m, n - 2 + m) if a == axis else slice(None) for a, n in enumerate(largest.shape))) for m in range(3)]
        largest = np.maximum(np.maximum(largest[parts[0]], largest[parts[1]]), largest[parts[2]])
        smallest = np.minimum(np.minimum(smallest[parts[0]], smallest[parts[1]]), smallest[parts[2]])
    return largest - smallest
def patches_of(samples, first, counts):
    padded = _padded(samples, first, counts)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (PATCH,) * 3)[::CELL, ::CELL, ::CELL]
    return (windows, np.flatnonzero(_ranges(padded) >= LEAST_RANGE))
_CELLS = 1 << 10
_THREADS_of_restoration = 4
HIDDEN_SHIFTS, OUTPUT_SHIFT = ((6, 8), 9)
_PLANES = 8 * CELL
def _planes_of(shape, box):
    start, stop, _ = box[0].indices(shape[0])
    edges = [start, *range((start // _PLANES + 1) * _PLANES, stop, _PLANES), stop]
    return [(slice(a, b), *box[1:]) for a, b in itertools.pairwise(edges) if a < b]
INPUT_SHIFT, INPUT_CLIP = (2, 127)
def inputs_of(patches):
    middle = slice(AROUND, AROUND + CELL)
    inputs = patches.reshape(len(patches), -1)
    means = patches[:, middle, middle, middle].sum((1, 2, 3), dtype=patches.dtype) + CELL ** 3 // 2 >> 3
    inputs -= (means - (1 << INPUT_SHIFT >> 1))[:, None]
    inputs >>= INPUT_SHIFT
    return np.clip(inputs, -INPUT_CLIP, INPUT_CLIP, out=inputs)
@dataclass(frozen=True)
class Restoration:
    first: object
    first_bias: object
    second: object
    second_bias: object
    third: object
    third_bias: object

    def applied(self, samples, boxes):
        result = samples.copy()
        planes = [part for box in boxes for part in _planes_of(samples.shape, box)]

        def run(box):
            result[box] += self._corrections(samples, box)
        with ThreadPoolExecutor(_THREADS_of_restoration) as threads:
            list(threads.map(run, planes))
        return result

    def corrections(self, patches):
        hidden = _activated_of_restoration(inputs_of(patches).astype(np.float32) @ self.first + self.first_bias, HIDDEN_SHIFTS[0])
        hidden = _activated_of_restoration(hidden @ self.second + self.second_bias, HIDDEN_SHIFTS[1])
        return np.floor((hidden @ self.third + self.third_bias) * np.float32(2.0 ** (-OUTPUT_SHIFT)))

    def _corrections(self, samples, box):
        first, offset, counts = _cells_of(samples.shape, box)
        windows, places = patches_of(samples, first, counts)
        found = np.zeros((np.prod(counts), CELL ** 3), samples.dtype)
        for start in range(0, len(places), _CELLS):
            some = places[start:start + _CELLS]
            found[some] = self.corrections(windows[np.unravel_index(some, counts)])
        grid = found.reshape(*counts, *(CELL,) * 3).transpose(0, 3, 1, 4, 2, 5).reshape([CELL * n for n in counts])
        lengths = [len(range(*part.indices(n))) for part, n in zip(box, samples.shape, strict=True)]
        return grid[tuple((slice(o, o + length) for o, length in zip(offset, lengths, strict=True)))]
@lru_cache
def load_restoration():
    text = resources.files(__package__).joinpath('restoration_model.json').read_text(encoding='utf-8')
    return Restoration(**{name: np.array(table, np.float32) for name, table in json.loads(text).items()})
SLICE_CODING = 3
META_KEY = ('M', 0, 0)
_MOST_META = 1 << 20
_USUAL = b'"metadata":{"units":"HU","creator":"INRCore 0.1.0"}{"name":"volume","creator":"INRCore '
def description_of(parts, label):
    content = parts[META_KEY]
    if parts.version != VERSION_of_parts:
        return inflated(content, _MOST_META, label)
    try:
        inflater = zlib.decompressobj(-15, zdict=_USUAL)
        text = inflater.decompress(content, _MOST_META + 1)
    except zlib.error:
        damaged(label, 'its description cannot be inflated')
    if len(text) > _MOST_META or not inflater.eof or inflater.unused_data:
        damaged(label, 'its description inflates to the wrong length')
    return text
HEAD_KEY = ('H', 0, 0)
_HEAD_of_pyramid_head = struct.Struct('<3I12d4ddBBBBH8B')
_SHAPE, _FLOATS, _REST = (3, 17, 5)
_MOST_LEVELS_of_pyramid_head = 8
def head_numbers(parts, label):
    content = parts[HEAD_KEY]
    if parts.version != VERSION_of_parts:
        if len(content) != _HEAD_of_pyramid_head.size:
            damaged(label, 'its head has the wrong length')
        numbers = list(_HEAD_of_pyramid_head.unpack(content))
        levels = numbers[_SHAPE + _FLOATS + 1]
        return numbers[:_SHAPE + _FLOATS + _REST + min(levels, _MOST_LEVELS_of_pyramid_head)]
    reader = ShortReader(content)
    try:
        shape, floats = ([reader.whole() for _ in range(_SHAPE)], reader.floats(_FLOATS))
        rest = [reader.whole() for _ in range(_REST)]
        masks = [reader.whole() for _ in range(min(rest[1], _MOST_LEVELS_of_pyramid_head))]
    except ValueError as error:
        damaged(label, f'its head makes no sense ({error})')
    if not reader.finished:
        damaged(label, 'its head has the wrong length')
    return [*shape, *floats, *rest, *masks]
_MOST_UNITS = 1 << 30
def unit_limits(intensity):
    low = math.floor((intensity.low - intensity.offset) / intensity.scale)
    high = math.ceil((intensity.high - intensity.offset) / intensity.scale)
    return (max(low, -_MOST_UNITS), min(high, _MOST_UNITS))
def read_inr(path, frame=0):
    """(array (k, j, i), 4 x 4 matrix from (i, j, k, 1) to RAS mm, dictionary with what else is known) of an .inr file;
    `frame`: which frame or component of several."""
    data = Path(path).read_bytes()
    if data[:8] != MAGIC or data[8:12] not in (b'\x02\x00\x00\x00', b'\x03\x00\x00\x00', b'\x04\x00\x00\x00'):
        raise InputError(f"'{path}' is no .inr file of versions 2 to 4")
    return read_parts(Parts.of_bytes(data, str(path)), frame)
def read_parts(parts, frame=0):
    if parts.version != 3:
        return _read_pyramid(parts)
    about = json.loads(inflated(parts['J', 0, 0], 1 << 22, 'the head'))
    if about['kind'] == 'labels':
        return _read_labels(parts, about)
    if about['kind'] not in ('region', 'frames', 'components'):
        raise InputError(f"the file holds {about['kind']}, which this reader does not know: use INRCore")
    members = [parts.inner(('F', 0, n), 'a member') for n in range(len(about['versions']))]
    if None in members or 1 in about['versions']:
        raise InputError('the file is cut short, or a part of it is constant or a network: use INRCore')
    if about['kind'] == 'region':
        outer, matrix, found = read_parts(members[0])
        inner, place, _ = read_parts(members[1])
        index = np.linalg.inv(matrix) @ place[:, 3]
        i, j, k = np.rint(index[:3]).astype(int)
        box = outer[k:k + inner.shape[0], j:j + inner.shape[1], i:i + inner.shape[2]]
        valid = np.isfinite(inner)
        limited = np.clip(inner[valid].astype(np.float64), found['low'], found['high'])
        box[valid] = (limited if outer.dtype.kind == 'f' else np.rint(limited)).astype(outer.dtype)
        return (outer, matrix, found)
    if about['mixings'] is None:
        return read_parts(members[frame])
    first = frame // 8 * 8
    mixing = about['mixings'][frame // 8]
    total = 0.0
    for row, member in zip(mixing['matrix'], members[first:first + 8]):
        array, matrix, found = read_parts(member)
        total = total + row[frame - first] * array
    low, high = mixing['limits'][frame - first]
    total, dtype = (np.clip(total, low, high), np.dtype(about['dtype']))
    return ((total if dtype.kind == 'f' else np.rint(total)).astype(dtype), matrix, {**found, **about})
def _read_labels(parts, about):
    shape = tuple(about['shape_kji'])
    table = inflated(parts['B', 0, 0], 1 << 28, 'the labels')
    count = int.from_bytes(table[:4], 'little')
    values = np.frombuffer(table, '<i8', count, 4)
    odds = np.frombuffer(table, '<u2', -1, 4 + 8 * count)
    streams = [parts['B', 0, n] for n in range(1, level_count(shape) + 2)]
    array = values[decode_labels(shape, count, odds, streams)].astype(about['dtype'])
    return (array, np.array(about['ijk_to_ras']), about)
def _read_pyramid(parts):
    head = head_numbers(parts, 'the file')
    shape, matrix = (head[:3], np.array([*head[3:15], 0, 0, 0, 1.0]).reshape(4, 4))
    (unit, offset, low, high), (step, code, count, low_bits, model, edge) = (head[15:19], head[19:25])
    levels, size = ([], shape)
    for mask in head[25:]:
        levels.append(Level(size, tuple((a for a in range(3) if mask >> a & 1))))
        size = levels[-1].low_shape
    levels = tuple(levels)
    if not parts.complete:
        warnings.warn('the file ends too early: the volume is coarser than it was')

    def stream(place):
        key = ('L', 255, 0) if place[0] < 0 else ('L', *place)
        return parts[key] if key in parts or parts.complete or place[0] < 0 else None

    def stack(place):
        key = ('P', *place)
        return parts[key] if key in parts else None
    restored, model = (model & 32, model & 15)
    intensity = IntensityMap(unit, offset, low, high)
    largest, tiles = (intensity.largest_value, cut_tiles(shape, levels, edge))
    if model == SLICE_CODING:
        sequence = Sequence.from_bytes(parts['L', 255, 0], shape)
        samples = decode_slices(sequence, stack, unit_limits(intensity))
    else:
        samples = decode(shape, levels, edge, stream, model=model).samples(largest)
    if restored:
        samples = load_restoration().applied(samples, [tile.box for tile in tiles])
    if ('W', 0, 0) in parts:
        samples = Filters.from_bytes(parts['W', 0, 0], shape).applied(samples, [tile.box for tile in tiles], largest)
    values = intensity.to_intensities(samples)
    for piece in tiles if step else ():
        if ('R', 0, piece.number) in parts:
            coder = Decoder(parts['R', 0, piece.number])
            values[piece.box] += code_corrections(coder, values[piece.box].shape, low_bits, model=model) * step
    values, dtype = (np.clip(values, low, high), np.dtype(DTYPES[code]))
    array = (values if dtype.kind == 'f' else np.rint(values)).astype(dtype)
    for number, special in enumerate((math.nan, math.inf, -math.inf)):
        if ('S', 0, number) in parts:
            bits = np.frombuffer(inflated(parts['S', 0, number], -(-array.size // 8), 'marks'), np.uint8)
            array[np.unpackbits(bits, count=array.size).astype(bool).reshape(shape)] = special
    if ('B', 0, 0) in parts:
        array[decode_mask(shape, parts['B', 0, 0][8:])] = struct.unpack('<d', parts['B', 0, 0][:8])[0]
    about = {'low': low, 'high': high}
    if ('M', 0, 0) in parts:
        about |= json.loads(description_of(parts, 'the file'))
    return (array, matrix, about)
if __name__ == '__main__':
    voxels, affine, known = read_inr(sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    np.save(sys.argv[2], voxels)
    print(voxels.shape, voxels.dtype, known.get('name', ''), affine.tolist())
