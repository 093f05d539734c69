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
MODEL = """c-rlK+paCQk>tPVxoSWr@AE5$VAyIIt!a<du>8_!_}_;a5y`5xk6)|-1T<jSlFr$Ct-6rOyhcX;_jf=3<!^ue`9J^b_y70jfBW&z|Lgz!^7CK5```cl-
5>w_^AG>=i~s3QKmGNWzkT<=fA_mP_v^NFrR$#8x^lkCb^DL5J70PKv|ahyzt7EoSNBi%&+3);r|^$|E$8pAeWB`~U;d5#f&G8uRm!zLVSdr>m++6x{l~N
~HvHR@*EGLI_xtQ0l>Gr*Fyk7_FOZkt&Z=K2kNs^ts6W@h75s7PHT^Qpf4A@AFXETj7s4a#Kl@YcOY+(It?r*5{<!}4{lCR);H&%M$sgeMC%8;&vp?v6-
G3T-O@D@~;i0Slp!0Q_9@tl;`F9ML^atu%@#3%B{4bR^@=qpSU_Zgop0o?Ewfuwr4CX6|mGf<xzLs3Dj%W2-
=i=A!Pj<gDFTd~rH?EWX)_C>(4d3L&U0uFKSU7({|EgceceLz(CSJJVJJ<sM51!EXWdAhndvi|~KI)IL|57ghC%%ofTNgH=aLw@93o_U6lpX8Uu$1OME4b
>!*6`u;`7&e<GMexytPIx3S9@S7{P`r?{-Ruc-
$~zi|4HJn{O`KL!o_?OzyJRF?vMZV`~Up&AAb0eN2j>7*M3=XnJs$(>RzC<pUGFU`A#&uDy3%ZU1&D>nZ9o@_V)WajCI-A%eg;V=DK?Gcb@x-
b*25(b@}<(-|d4pxr_Pk&3)S~9D8B5h*|N6HGi`;_D|N9^L;D7&DxjWm#uxv`Tk_x&s+TJ{>`zU-CWZ0^rN%|Y$e~iKKBmp@A{(--
g^3C@9*xN*!#M!eFxibi65u^9HsCn+qJeBbl;OY_6z&&WxUeZpK5;N<|4kIvL^_awY}5L<$Nz7L~w6?OTH@mLRa^fY7p<~LT&q>Rs1fuuUPRDzn8KuKN0>
GE(lu=_LKPEOJCR6JJ`}*#_3zKvM-
^_VcL>`U2>Ukc#zwCOZLx4hF&cD(yjXvS@o0JlCOZPx_yDMuU&?p#(kvs?UFzIbS=7{d@rF*$i==n)kMj7n+kne{r&bWTsrzS{E%2`{ufuETXcP^eFuF@F
aNj;lD~52BQ`(BJ^NP{j)be3>RN9<!hVwBAK!m>3Ap`fimOk*Pw`I`f1kBq*YMc>V&-eNzpyv%-
tP@D@%P({?5D4~_;ftn7QcPceBCA%YVPCdr+2TWi)qVHUoKGC@#Sk&w`}jXty_1xQk;GS{Il9qf79vm38mquDEmkEt<B#o`>~=@u6qZ~ZBF)kRsRyskuU9
*pXy3u_*p1}5?zZQ>f9)k*|*P?*IqwvxvTSm)9UA8Z`WRo;g8{~gF|Rr&a;2SSI+w4^Z2c|SdMK&_LAFvtiG>XT&$}<vwvydYzu%(#ojC2#`bP)&9TgNkF
RC%vt$EuY*;*(6~Bec#@_Y5&th@QvX@}Eoce)xX<Yuwz6fip0>1^mIv@?Mz6TWg{^DNf<&R(Hmek<}&Q-
)#GkcYL)~&|=S1*3V_j<Mcdp}dY26*#f_}spdA8z^s`{HiHeLMF;`ZM^~N5ek(L;5Z)zjjO9Za;S``SR}TWZ%bqIOI&Mg!lFXv*mSPV{F5QbE+*|#h@i_m
s4xYcX$h4a$&0jl8=|V_G|4^x>w&1`&h0j_x|j2<KkQVv_SW`=q_J9Kg&4y{**3d6Nc5rVE;4y0PTmH6ROhH-
9Cq~GF#vH1*U7lEez1WWj~>BlPh1SGykEvzF2$p{i*#?ZJ)^MKkV2fmjl<Q*cRJ2?8^nhTvwLjK2Y^5!z%2RUeNRugR)POi=<Uwzfd{1udYjhi~Q}{$>qb
3mAeP#0@3+wxRGnj0s(<DQnpa+=b!u8s;g$VPf#reB?Ilgt#pOv*sI}UQ2fXamkmf%hRNB_?3><Qv%7%rSBH$k5yE-
$b#(E|=EAr)pzY@{KZ%1{c)#n|GVDrduZ&ybeck2H0G+?Z-_=gp+ig&+%T?Usfm?n)_Lgn|@*j-
7%nMGX%i6xEZA(&;dw9jSvQ+4aM0xaQ+Rxy(%&z$T*stoY!4{Fee>^K3qq3J`CRh8=fz>rCe6zhdvo~%`-
)prWZU4aUyp8iP*R*bTlfQ<q+)Saelbfbgp_8^ws4zSG+-;qe+z<KX#~*(F%fGo7lIf<qG`n|`=@WKWI$I3s7ZvzH=7-
sz*HxbUuyq;T<Nd<{56%BJ=r_Rwm4oDZjgG0S0eFva{q`Q>+Lvp|Jm_2*Tqn4#nV)utbkSAyU&B+AgPZZx2or91V~sAGf2+733Qyd<1b4ywMBt)uxm|A~7
#O-l_~*Aj<lZ}Y^4Wup{fTQL=*YO7U)5dWZF%AF_|r4y+0Qxgw7zgfAy1WGzQ5zr<#O%s1HXD+SR*sV6Dgc%S7sT93m3-
kJ)G$Ns)G;P!jJV2(970>935+LqZvkIe}_Eb^t$7NSjn{gOYwj%m#{NU`<vYX&~oTSt3K<I!i6jNio4%y*bSUm#1G}fISBF;8%0p(femyCUUe}Nq9B&5$f
L$-
f}f53_4W3@c?{vvLW2~;>e*G};oU!D`~V5chN$Mc&u$w8*n`N1$Z~&$AI=KNTu2kcitL*T{e|d+AtJ;uBd}VEOc)2bj=v^@(c(gx85QP&m!p${Yx|b?{i`
3i3;wPzG1jD>NXku*A1qU#$WW#ve*7+w&|AxZKSL2`MO+j^TpU-
s2V&@~_k`f_|6KOW_!c{o{aE?xFi@ITK9NnKOlpxH&GP#{{`7}mwt8`Y!F9VYn``QAT}mpj_V7xj9$nB4&Z0{V%>DkJ`~Khk?caa;>%TEv!qfYCaLL6n@+
Dn3dj2m)nF%Tik{X|#SS0@v!u$DsTsIzbpZDIr|NHgb4?q9-r$7Dl!%si{<!_&P4y-wJN5Z~WM#ZIarKuBh*T1v-
yj)i7GW3nFH8c<oRmqn`2;0>d<6TXP%k3?c6VE}7orehHIP5F&QQWI`y^EV=UK%?yq$RchW|v7g6BCi~fM8qbM?_f)f^!cgOs(L`3~oISj4L1MWN7c3BE+
<cvKIZNNFXq#%!J_<)EPH~H1m#~I*=(7Xho`CPk@-N#;k>%mxADCrGoG@L+K*gEQ_$cDuYCyOnD4y7(Cd?=qx-%Wj;se-
y)&IHBs!Jn3>Tzge|K~j8y8@SF#8Debh?j>LFpngWGY*>f59ALSsrIRImHE@dT9@hJvcFNQJ2^7y@6$#$RRHo6NJ<xSHjP?SN1wxYLC(+cmF~Be{6#E?b<
rtx)=fI$4Y4e`W>>cTdc|K;D~jWna@C)BVXs@6KaR520Ew*j)O)@Si+t+3wZ$-S(xRI^3w32h95+5U@hAcnD~o2k{`#LtAUm03I^C5-Esp_h#)g>#>hJ-
=5EauZ5s+RXzvuD~rjPjDKw(abRPM$DN*k7>Q9GbdePXvl$Mc`?Ih)co>f$h8x;~H-
nB%2v*%jwc@|Yj2Q3X0r{}b7&Cj;0B#e!x&5XKhS%R4#{*W`7h>UzB|}7bdvb=}?S)X*191PO#|i#DcmDBMZ7=k81xt0+yj6i)s^ZZ&T#X$XxzgUt?OuN3
Uur=T#Xa@?BP@cOqY6(1X2GL9j~YtDIhcblnW1^y<=C6-OW^@tX})@GZ-PJb)}b8_<LQCzVY{)!F{G<kcLdYxRCMR-TRk+|V&^hbJoxc7%KINr(fF%Zs0{
kvSh?wDu_@#mwK8$wudr7MCb=MOv~N{BB#&sMG=uMd<Mr$Q+m@=mgu|VE`1&5%wS+_FCw%w^i$`UXUvY7Do!2IkPW}Q2NjxxwU*?H~y=WfDLdM+|x>jhAo
LoGu<dMgMu7v5Fu*&XJHIGJI;xdy%STiJH{M~%J5Sb#Xa`84#{F$;faHE-
g+H2nt47*f#QgiEk=scu~JYnZq7|(a?W$Z}n`pMbLlCA|=+pf{{%!Oj>jMUVYbpP%Ri(mG7Ezi_pUkBpIQMlmydw3<h=U!eM!0pvBndhgiP)zn$%#f||8U
Rvn!=JDrP3K#MQ*9Z!zk<`={d;XcOB;TdLG3c&#=G^~TgaRd;&1pW``V)-kT-;&2}&M`J|<Icqa+$LB2;63IJQaXzT_@NtHS@lWBWp{jBL(erffeP4!J-
7jzKdO1afi)1LtaS@C12Y%QvMW=Fhm-^nVRMzf6_El6yAQAef#hYs?0DgzCHNNm%PlTQ;OW2Z|G(4z9?;Eu_;BUhk8%5Z!LSVjoWkr|-
+`13si5`hhR)<?wUWeC6?gjafyHy}cR(nZQo&l`+>nE_^K#P0&@I2`_tnrXRM3CCOMWSf0TgF=FGagIJQkfGaDU3D?xAL(}((RFt1>Brg1L<CMCUb~#4c(
JhE?!o6Ie5<Hd#hXOI~NCSBUzu=S<+hRVZBh%ymDg%)<#M3iGTW?iY%&0mbRpbiC-7}-!F{EaZXM|#ME7O;RZ$F(U024iB7rgGtc}VnLE~L5q9~1}n-
Jryf+u=|5q4adizK4IW?5Fp%N>9FFuFYJN-pKn+?6|)zj7~*PIV%C=sc$G0s5K<cJ(muvgUlqHEl(XaD3!4{p!vGG1azF_=IhxY)5zzfE!jvHL%A&Gnq3T
GHyX5(+iM&J4@!JlGU9o91V;Vn?>Dyoo$i2FCII}j?ptqFgAA-|SvQ;}4L$sw#&V_M4ljZqJTOGJBNvK{Y0tEG*4?02xUS2CQ}euvhtw^9W=`mj-tGl@@C
VPw<YlYiC~p+1)I-
;SAP=RwqzDvVK7DOCL5#5zqPC1$)CiC3Zjo0i^6;|9GmKml1IDEc1q=y1u%sZcK@2YDFjYrHW(JNg5+0LYHgXC6h{#lUMD9=M|3wO%HCwvtjsEkBT#Ug1Z
L~574)3ZohyL$wVMVP%?q$TEm3f({qc#4bDA+`B=OsVX@3cN0OEOjaw8d~mIjY>xqCl>&F%dmv1qd0>!q>Pfm)1|PN3@YWYOE(PzX3mdu$Ee)K+SkSVG>>
M9PbGk$&puL8ZCDws~8f-
iz0lGYuR}j<fU$ea`AlU`B5ltT6lcVAF`fA32(=JV+PNdftbiRHAZb2McD`kkh>d*EC+>*mH34BhZk#?ULD15zF}l0kfU>PX8H$C`86bMC+|kjqTxD>I8-
&wN+I2q(S(vjjM)_%R>&;VYA%&op<am;8&U!)1>Yy1I3xdt_&9QAic<#`JSkp6?OAEY#@LYANW&)(To^)X_vQ>SlzGYa8r-
15GJa>~r!xi}cwIh8iP*P9FbN6p?eK&AZ5D-<yUxm-XZgJlg0tub#I?NpDYalvz4TDr7<r-
?Mrh2BJWBH@voTm#5I2>oh14TkvaqK9=!=U7ZEHzEAX10^zs{rVv4t*q)6K>92-g9f;j2BAEK??=pAA=d+q5Z6-
!x?nDzjEd6X2tQglwJgO(G}5oMzU6ZBmWb@BjYy>$|`H_{-
mZ{_7w9_S4UQ`GRXXS)Rr8u_38)!|7FiW+A~sR0)dxI1u}ExgorGaG~3M<&c9loT1DRJD?UWMNGT;ib2=Flk`JvjHNP?K*$SKUJkP6f8feyZkjTgN&{j^n
MbC051ktG40TCLUbT}E4|UYK9<RU<SqOgix;1kQ+@=YKdcZNo(;x%b{4^JX-fn|cUSu+mHgtf2-c>0=q#js%WG-
74h1qSlpu9DTYwlZlqD5*H)rbjo#tkwgP5hWO*^AEXm!C%(V7RrHBS{Q-34~jP4+7K$3VPQJ4Fw6M`eNd>$jl@730-w;RfT2T2M4DeN8h-
#UiyV5!~y6uY`#dv>txV%v^;^hS=a~NRLZL2HQ^rd?p}&TLITMpQ%+K9ZZYLmu?II-
k!#0o@&6XjRKpFBTvCnr;|)|UCf?C)X*Fhr+|5O%<D%2<Rtb__g=`{bs!O@j*yH?FX*HObiOs9Bb-qLUL8vws?q{f0^J(zns1SPG0V!^fA>6A=c@v>UPzI
7tOi;#_6_~>|vGuqm!#kIacF;;LSd3a4M1kU=fKCZb2F*Lj$$WVVY<Y}$Tk^9e0d4qpp+Peh$!N}mLg+G4RiA5=J19@o1T53ZPp7bf)0Y9)QM%aO;K|Y()
}79RAZAESRi*`p3PCni04PZPDys@*vb0`Mc=T<ciFXje!!x<O$Y+`~NQURDb7V@@o>Zfovr5aGdEsev@-
O{&+gBW3uhe&ClG?@icQKuLwD3M<0~ord(xQL_NT3?eM5pFON;q--x^J4l21@#LvL-?-u7SLY8?X&-
J~DMigO7^2A0i`?h>GE!NV`CBXWV3TrpVn&6ukSSF#1+a94i}_bdw)~tucCIx?VcBC`FA38-
TbJYCk{Q0lP|{EwPHgqJ%Lhbmd%e1flp{BV`uZT`8NtBhX)$6y9uMY6nl#kWhHCE9yP<q~2Xa;r{O8p~z?jwGd{}j?-
uK%W+5z#|}G)drjdSJ<E+;98?QDTvdvU@rdV`i)zxi#ekz#cpMFtW1JaQ^dPyR!+m`n{)1W_>*uuBR8yv-
o@i9drBo)(1TqS)pQ`fmlLDd=)e!8=F9__L@8o`g%AzqMWRD&i_o%~yA{PsZCGrCwb)j_i1r;aJf<TW3*dK6CRFepg3%nl()Zu>P;Ap250+UDCx2|zT8q8
i(^;u8n9wUn(h=X;S;mwvQ^C8;~F$XFYDBsMZQCP>P*`l)pSQl0(5V^>TUjW!vY9`;@4wqoLW<YS~yFsw(pz$oIjvzyD32JKe8Qh?{<Q6y+NX8UG$_fs0<
=rDdEdY6X{-mGN9-
iw>T}t!L8Z;CK;1`Ibe7Uo#adc5=hvS4X+`Ox#nU1T>m#X44jEoVhF2GwO#ccF$5$E5FNLd7`u!`oMP6Y@8#st0wY@DCcMUjUsBLb6;P#zNq@U8I=l{>&d
%UH=%B455+m672g_f06YD!{)mY{erpCUA>);}HwhQ&*iDesD-R1i#~i(rd$EpYAc?2qVaBNv<D45n&Z<DJ0o1P%T_mSLk|BXdhl0$nC=5-
{D71g>6E`nM|S*Z~+qFWYR=$WfU<qPpDr|aUr%ITa$UV7Ht1Eh171y3E*>?Fov6oQAI{Vqcct~qm~<M-
J>w<tLdrsiyk7ww+vsb2<pv{pd4g_e~fSlz@jcKMute!P8Df){~Wf^llRC48HI+p6iPVLRS-s*Z{VixkkC$hMc>;+)U$D(bK;R<)};hW179h$1VyDpX--
H3+~Y}|&CF2d;bzQ$XJ{;bR26#wYo(UbKfvN@$^1o;3*@gnsoq#srKGzSj|>=mknWy3qkqp<vbyZru(41ao@=Au(JWl0#tkh{c&=yQU*N13IEr-GWS6;KT
x%o1s!%;tC^<huIS@#h;TiI4bdm||2gnm!N4ElYRW;x$KtIw<#Hqtt`ce$qh#dCB=mXQ;hfBo@d-G#>12zkN!F(kWM82y{DE2@+n4Ic?<?+C_$j%CLRET-
lPr@^d>>F&W06aXyI!o%hxKU(L5|X+ivOfh$7C@*ni%|@b;R-
Zl!iod{!5Um}qt9Ih6H>y;vO@EFg@t4~$#cK{e3_3>h|gF&or<$gv}~6I{I27i;V0b4OwZOqufu48kd{KuG;x)&qbzLLl24kLBy9qe7-
7^pK6x=<hDT9l^C%|;uB|DiA|jk`cx&hJR>(&ZU#FN&3c5maQ0b+PGX)gXD2T?5OR;avY<C5^C7!oQK_N?zT|%57#1Zb2>Bc&AQk^6b@C%K_MfRBTqIZ@}
$B?J5C`mf#|G<N(JT!cV1Vx_Q3D+ZCyeE5ImaMdv!lqDN%E&Mni&P#}1+33x2C>s{_<}bcg$#|88Ke;rcB8vu(F@|EX9iW$uQbo7ixUBZ)r30V#}I2bir|
P0DH#kEW(TYArWp<#T^hX2l4+xks9g|fp>!dNjj<;3(?f1wz%Bg}wJ<DamK#kj^o?&`4GUIjs5^`)A-GiCP;WRC@Bq+#P_7<ME`8z2ED<s|32-
DRJ};N3_lI7PX|18&g-ufiq+X1tO-ALqj}wOEYGzo-
6a^(ikrE6^RwA2{b`JNTyr3UTP_;zQhbLSopFKV}cd$s2#c+S6)BVkgixIsVG*nB<i7XlKMi77FVj=%t!lG5>l+(3R^f<M`KzG5ZpcO*MM1#W2GuF)2MW+
<9I*f&$2p^VOn-V>#3E67u_)uoE5WWq~!yLL@0NJDz`N8GUi&2H4IRtPT0QdTouaFpAQ&<=XWx?VN$CwB|WcTn}fTA-Kp2Gq~yQC8{-
GC{NgtCf<YzXh}DbQ7-xFF1-2;oMVB2u+N%-0~6FhG$n!UX}2)p?@dNGK~cI8sZkKSh_SltG2NTbX_(-cB|YCzLgGK?E1DHNMYsE-
M^9WAUv9Kof_K!D)CV(xdJY0MULi+vnJDdKr@jphobG2A!)DW=5mRpaToGSd?QTL80~C4k!?zK|v0~x7d`A6tJ)mx2z*s0ou5Tmr}ya<xm?k5&pqd$v`Z3
&rL3BihFedWl^K1p`Z_~$U|65;`<x=HV_n4H#YPo7lW0R)xbmDRQ;HE3snwK*^x-1C3#wx@~G7!Cy4bkrUBr9jw?D-
akl8(7kKA1I5<rCe3z<^CLptfU*XF_u&PWtgMdQ3+?J~eC<WRyE7J+K)Nh%YKkuqBKqMQ1x;i$fal;Ahh`fw-#2h-
4XnBFZn@j~>Q@HXR@jIm+5jv7_zRsu~MG(%YMyIk;4=9R>mQW>Yx-gy4g`FT}L;8|ACV0pvD64VFfo@KPJ@!I_DlqY-
H*UGtz?MHX)C`j#6$jNlzZ!8jtetCOW7VS&b2;d=!z&w9UI{H-Ksvj)vK^AC1st3%e+toIp$v6Gk>Jb00J4^8$c#IDMd_KPh>oEEQgw778=)Hu-
|37!3iMPSI?Zro-0|5<SHmJy_;)r`*;Sh>vS8~ZG>O*ZQ-w|)@E@7oa}_=#eT`H?gE?`Bk{R%!mV#`mXEDi!Sipv=yhv!MipdmXeG2-
O|I`w7fhd*I%P(?u06|PlO?$T~Aq170LOxl3!Y;-WnIUpf+K}muJfhj04Z?VB#to*=vrkT-dem|X-
Ri6mt40S15&~7}7w!bhF3@$QMLB_{pFnFr&{b)qNVcn)M4EcCI1dGH5eT6$qJ1}d2~hql0IbM#&Zowbk@%7m?0(pwVC2)+?MW6nl(`990|9RKU_De7n$fe
MK%n$X_c7hm3q;B)c>AG5zQCAfRZZ+M*-O=k==8psv%3k5H)hh!lz3B1^@9mfg2`jb8K4-
28hFlp;M;OTn~IK+!cCD^QeHvvfGI=4wl1x#aN9`vAigm9$nv4&$7ZGaZzULdRLVR7?5d3?hqk|~*3UE}O|ZZad>P#j*OVnRLZG66NH@OF=bvsQDG}HTrv
JS20tfZZI_MBn_ezjbwfQtGc=iV1G#8pesK!#XBnM38g<}+I6yDC^xI<!Hh2k+-
hoyIO58BO8w~D5s)`|ijgIc8Evr>(8vr3Po2~%K^?h22HkL2zK3rsNU^tAv{z?16aW=0cWd5ChAYQGh@b|l{Mf2knFdH}ItTjx`BuIguF(g^vO5F9yOa>1
DDyOexluDt{w!i{egI#_s<V4FCIA;^1+#MnF)bLu^XT_m$8q4`Rbh4>F57&xQ=k3;p+gFsbe0R~kAzW}vRPLRhI3ir@j^cXSs?Xp%_w<~PlYCJ&*ahv3#N
KQ}{sip=&g5*vmv!-ZFgSH6oy)c`Y6)CZx-&k|+fsZP1BCE`21H_&URZJ8*Miy=Jc>9@@94hVPAR51y(-X2e-
d$DQq`v3Lnz$0+3ob%oih5DuB>?YI^jEMPUsa-DnwTbL&J!}3yKbf=4HNS83~QJUxKDK*RFGd%eIo#h6(%8}*l#pmVcmH2y=geI=U%agjUEwc%IyP8fkki
D2ORdr(z9SozEucKMm>+My`n>vb;wQqL+-bZu)$Sn&l+g8#%f)qr@%^u5}v3~A~y$1G9rI#uaanCqzS7-A7us3<yO%^yN#-
<w{9~^hHLD#9tP*mX@RQixY&+6l!9Kwe0Rq>SoBfjC}p06In<Mb9$UrBWf22=1G_txVo`ae9bv;@TNZQK062Hx(We|HLz>hp8pt7&{()|0M|ecK3=iAMOh
6YITnRY)i!kYH5`I+=<BX?igkz!3MVZ}QP3(s6PElElk$iaJg<+LHFaR+^OnPHANji}1U_glnX34D~JVx$Rtw^^$iLV^po^~Q<@DK!iLSY*sVH9te%D3R`
nJO`&h6LAonEFsXqrqs==z3>H7A2oDk@ptS{X_0T8uVs$!k9#wj03s6m5Qth|Hw|l0;O)qlQHdDD0J}E23)x+xNfNO^(ta8IAU2ApF^@b)7C9ziJ}Oq#YV
#mn;~Wt0N_;;1TrZ+EQv8|=q0!bB&uEPD=37|WM<(qYWIT-1$nmc`_Vzr+4;om2@_u}f%hO!g?)udeA>Q-
Zj&NnB)1Wf?aFv?U+jck19t$i;yiQiqr)|TFORpD^NGA+V6hzORHLa+nn}611pP|09vCQ8)D`BtgSZe&I!z3WZDux{>Hz6T;u^rNW7K~1!7}ZNVp_Ucr&r
J&-q=>Lis0xV7+_sOs1cfGXu5JhSSrFn;b+OL=RQj`TLU;_VVZA7^z%9iE=2p@mB3U6>8YaQn59ftnjO%zob%I#xp4Xi6nz&+1G-
(=t4O6~fq0R=V26AFBB|;LJIGO^^^Yz3s{{Q=Q5=Uk9YVu5SquaNTS&KlgX+6jF+sL(!sv837>E$iX6vjV;F<u%4Rh&(8;|T%W4?5#23&a#n%tYktAlR{o
8diEPXEA$bsE~vv)UL#8a=*_I;o=V&Qbw{h)AJ;P$&kJf-8)ch#(SpX`tn+P+P2_j_C-
;y#L{%2S7lBA}iD}1<Zt^G^WI*PfR;NoF8hrc?7T{vmjDwkA+>k8B7BG!hD=c04g%qlS!tonPL%QO}MIGjEAiXR2Itm5*Q*YtImDBiBv1=G%};jOQ4+$uw
i97!02&R_gILW%)${`@NpFtIp~DbW+O)~TZ8apP-cmKZOr=>p4HL?CW5K1<gf4uYF!bV3X@@npKeOlrUDl>=F+|mmLB%P8MBfVhluzJrN(&r-
OCxIxG{+tF`C^ucN%F26knWgD~~5<u0o=b*s8`31v%JA(=4LVvgyAB@<#0qNG{7lz@l(q%Hg6!ZB4bp<kkixMy#_vP)-
xP_@shd1dKbv8%`P3!F>6>6oHvc;sMwO#a|JKh+GczFNqw3AYW{dFNw?@SOT7Hb^unjQB$;XkOm5%2THR`<p}ju+>FkU(Im>iTcw8jJKVRha=Pz5?yst9D
DzU0_OaJ`F%YUveJ*7QEeZx8Rk1z3AhibL!9~1BU9mWx;!4mk!p;>!-GrJ_JYJ|*DeOGB`BL5OA~L=3@MYGSo5)z~6x}O&65Y9<PjZHsY5Fe;-
pJ4)h$W~_K*R?iVl7XX4rHpf2-
NdMU|(X=Oj+HmjFi!k6clE9KoCTKLwEgHP8LLH8kv=VqVeZu0w#)!g{&!sAdewHrSZK9N<l70<`;PrW@C&laWTQGRuDP}cYl~30%2~1lP2b5a-
iQU4;ph8BpYDfP-_c}NmiP4Xw6MptILZltn_qJ0N@q^D^<1G+)b=$B!h679#lF9qQmk`lN7Nj5*dJ^JPA`5L&zR{f@jcu0?3CVVx?H=gQAN<s?pbKWui-z
tp=G-1$CJFCF@j@@xm*_-v6%#EI$E8pa#+9h9*_?(864TlZ`2W?p>Yoii-
?i&Ifc2arKB0xrud(TY@k`_}nsdX#U<#51k67nRP?~_ke*_o7}}ddPo8pM$4-
rfs6r_k`Qh6I^8NbNw717E;ObNRPytCkEu!;nSh9<i1e&KNKcWLs0T@FAXFr39zqIS3}E_I1!mNZuuqkx4&n@!U@huVE=E5PNh~&0P=Y;AK;VFvZs_g-
n?RDT^{^`$!rYdlP6gi=Csw^t6K4SYfuK_J`tMC1EY=MeI2Dn-EcHHu?#@LR37K_@z=Srs{B*UqBg9aC)>B%E)HW;`1ZPMCHQn^rop4DfSp^cPXH*X!7Yd
Bak2Ae37TYEYs6w-XMa^CP!Q<o+3~O~de@Nzbh6Z^C7YmzRB0+)Z49-
x)Ur^AOo9nON3HkLL7O}aE%bnU$Y5BvaMLRy3i;E=d@<`W#?w&y*R0MP&3kd)l2QXT$sMd!ojX-OtcZMl&=8LkicB3>><teZf6;F$d@`&_pe_&mAfX5mTv
Bb?4K^NBnP}S%c01RQAdISy9P$3H`seLepkTD(pZxf+p=Zczwek*~Z8A_ysLC4tJLTZCNldvU7dQ&+-
(vQd?OIXxLJQXrm@j4*d^~UJR8pVFL$~5~zvS^4oZ&u~5-RyO5c#@UyS195X!2L5!P{sY2`f*tti+ZmKCYoHB#dVq0-
b7caCWN1U&I{n*sNaCX0@WBk1q<30x^6X8>pgX3;oLxR(orKm4W}!1j@(8JwvoVu|Lm{J_K7O)QTei2u{H_0aAYehTaBJ-AvUx30FFi;3V#*dRv3mAHv3k
2HVf#3K+1@XWAe@PixK6Nme@~gMgW_E^Fx`?oDOzB2Z&vb?f|zk7#QgxmV@@9zRO)cC=y%+oN$DAvnoU7P2xmF!Aw5VxBw9k+yb#v8MG~{5kJ@?ElYrEfM
}5A%Es>DmV{j-wu$|R>Tg<fB0U$7azOl?IR&&cm$aQ%qW!!nfs62}S#(-;`UYKrA!<9wRA!d`Otn|w2ADA&s(Lyn2zG5iJ>JU4<9sLZ4NV?$m-
5xwcq(ta5lmNMX$bx5AUsyeJj1lKL1XF>drtfuT|ltO6e8|c6gh~0$}C!olv){T9<lJ2PY1JwZv?4evr`W2dXKuD=W8pIQxefigi5IG#w07-
=~>qIs6cu&qjl*7>+K;fw}-%sP@xow3zk*Yaa);@zol6V8>lKXUsQX5nFO+%JQ&yMECc?o%P(Q-
iIii7JXU_BGSmN)i9xPZ;cJ3d6&e68+m%lIS%Z|UA2e*bq6bI)LJI!T3+st<n5i&Mk%OSCN_H3`tO-i&@>M3u6dDtfHR}6z0(t2SzqD&Jy3Yu-
J6jpxM5CicSTA(1<r9}F4#_6#*@D@zpc@CyA~m3Uh*bp#rgO4dDg<wIgnJKsJUcq_5}c6P#nK~IW$}>h7lrL7IavN~^{I>i6kmmr<6YEW2<~9gyNjS*iM-
aL7i5sk&jRjarzi?n23{s^_h6w4Q<v#_%KJDeB7R^}o(aX$B8fon)(~9ggZ30eU49L_WwICo)OvI)*;?qz1o{Ih_7+y6kOqTst{UeejcQ_C%W^PsWKYpBF
`tmO1^kyD7gvgSmrRww3J^mMKXg;11wB|7yXxwAD*9%^(VW_T5)iTy10X08_00)h?~{zHFA$Wv{#d84N<9|##;Qv<DqlCju6NN80#FiUDip;l?41#swu0t
fC2aC%s6=joQzYemQX&uKS)GG*kePrx5(8OSa8lEG1*HVzY2ihtdj2|{P_<)Mb&x2YDA8{ig~CfcTX&SI4w{9YDASPxP@E|$juFio%u5mLS@OYb-AJu<=7
+JibXSF~LOxfC9jcZ>R}^J=a4R>4<z3Z&@^8y7>F`bZJi5b;Y<<a^N5MQ3$j{X!px!9b!XjN>DI?Ub&i4!N-
Xt7`V3Q=XBB2MsV=_>wbiq?#AG)5T9F)byE(5cJ>MGG)S(IDLOhqcM$oUBmb0a|Pa>Gp|v~`FQOvtpjNx$kVcotG17%Nhc025D9$Sj;&crZ+V43!8$H_tI
2%~T{Nww(HS`g5xu&vZ;Jr``|rOl>--Q7y?~{ksT{>$5f@OZ7?z={nKxK#XN2p1h$A-&Miv=Y-
^?eii^23uz9x@u0T0NSFhlAb*rZb#(mU#wR)nWX)zfDnKp^@RyMy-
^0~KRd~_cCrY6B=Y2z1^)tj*B&V*K=1)|bLo*Wqgj{SQs;E}*#L+wQtiS*}8B$8(hnP&_u%jPw3-
VPd{Evd}58A&W4@7;oZA5pTkijKdk1EBrli_HRP7w@nR!{4cbE=awnV8Eelqr)%%o=5$e|0m#x|N{pWkCb%J?k(&6w$hLRYK(hRwl1oFf$Q+1E-
IzH*9o(Uhnc@hd?Rb4%CFx%_)%FNFxRk|BxT;o%7qYU<3f<%TL&<L2}LRlbXX>;CmC=Ns{4%vsL?g76AJo9HEFr=_3RT3Qk1bFilaB#Uuq(Reokh>7=v&1
h3I_6JXpIi0v1A{+WYhBoo;_!OOLGS_w@S7TE2C<KuPU$JiM=?WP!Z2htAmN0`iuuEaz<*6d2Q!$Od2fNr*scq&QzVk4thqPKBm;SJb@!*+6`{qd@e+69n
PCmm#z<Sf#)Cz-
i|1`PEujd#hXU;b6gi{=%<GYGgemVoP_*71yM<s#P}C26?}MuIG(c|q{Vo@kb+86~sC#(_)GbZttX^kAFnS1_3c*pojE3!$zh0!dYMAgz>Z@7bPlC^h(O*
a~gOp&3=J!K4Q+sE?!^-4twLolGOZ4jT&q2-
aI<nF{j2%#I~$;Z7_A3bP_^&=VH1`g>=I;Pc6k0o;GA5>B)mk^r7ExE@56xoswn2VMRIUrYkt6TUpv^kae$EW%|X+l{(SGXX)E)}CtJ=%{p7G~eJ$YAL0e
ofKgcp)zrY7@c#icAV)Ee{9lhXt+>jpSfYzM^y<$)HP5}mH8;b=|;1$+)9?yDlqm@E~>=O`<a?*jI1~zbsSV_SN|rW$>8`O!D~Z4w7i}PTXd|WDmuhvCU7
wwO7ZNmK2^kIj%guG^jL&yNC~tggdX!U#&DUKIYvT76#eXLzSSZ<*@WwsFY%2BInjf`osC>oSvW><PJ!vxBL^=}$>%@0T_rHwK^;fuiyokzVq^n^3^7bIc
}1NxLqs+NV%ttDderqvO^Rd=^Pq(;l8ZZASC$4`c{&ep+6F2Lf=%d$4b7ZVSexm6)B{&9h#P7;5jGnzT<xhhutYGN{joEu<H*dNjsZJOa{w~))9KLO@ZJ@
|J=p9I=7JW!S*7H%@f+$HY1g7&tGh={ndFNa2vF6)L~P^DG=te8J?CtN8RCwtfWqbmzg2CJr37+GQMG#B2algJk3^>e;>^G@!v7k1#!QwAafmC&7#;b@6F
_LE>Khp~n9_p-iW>qKP?R2p*@G2bnhk=m$j3t`C%8t8<T(t?*<jS8F?0rF2Z)79C6U+ZmL=DaQN%H}>=M>O4wKqR8yjkfSuYe&Sd1p3%eI7zj&$?9&isXN
&D$9*$NZsRs7HyI5!q8v7~<L>_$2CwM2w$y4EIerwy;QGiRiDSBrAi%1xFAcsyDLP>BAry$fbnyt<DWvO1iX+X|s~GoWobdL}-
r|z$mUWAcOev92hJ4Zbo?JEzXK)w8*E!;Ec>sRz(yGn%i<Orq7gD=+dzzU4hh@WRPcBnw`z?$mlhaxk&9cRd^*h8n)CW&IsHT@fBjGV82YzkeaEoOcIqvP
qIkxR#%W(pwq4?LCPd5)SIB0(N*^F_25??^RseYXzg-
|iVvIK5j(1%iPa9NN6t%0bXx#<Lt0C8cMNohlvg`N6%82C7ks%&2ZYkfGD|6f8f3CX$@$I{ENWR3p;cttluRM5jj>^yc?BVx3fTz=%p07HsEAe40G&f;u^
f6;DVqm4(F8p2K&8(h6KSGs69k<^m+-jUn-rrh%UxbO70m={r`Ceqpz`^^J!UnqaZD?*1wu(prHqQ0I4E(2x$>2t#TIG`o(2R8Eb(x8YI!8So8arS2~Zv{
58&2RzGniGQwFIplqxIfQPa`;wbXvmLbg3rUZQ{~S7g2#GT)W1#e{I>;B09uKky7A8RX`+s)tE^LZU>pAWvlGS>dkAqAVl!Gp@8?S_JW~!baqEIvkPNfp<
<~Q@Sr+nY<XJ4KdY`KPWt@K;B-UZq%HKA}AUwRVXVv&>~nF8&M4fMc&5VM?PUy<ULMPOAT@`)qhFF0A%!fvOp+Zpjo}E0=U?7&yk+&>PIIEies13p?G&q-
MkN<1#ePM2a|wywM6e5ah=R?@;Hgh@+Px3GA<Q`y2{$OsC}5(A@dq(XV`B|lY76|AFVuj2#C4({(90L8ime)_<*<G=u<TLDlGXTNx_Jlv|dcvEkv#e>T39
|s=mUHs)*@lkMu^?OpNGrML|W{$7pOCmo`PW<<wxB1&?_!He=Tu5dv^WF~*X5f)1(79BCeUcx3!8S>t#x)bi#ElfU*Df{1US^BZAA#43YvhYea;Lws+k6a
^7XlB+P0&s<qlCZapcGZNv5GuqJb9YAk_b+0m))UIgsL`2;6GF1&d?2IUyVp*Yo2P2Rsx@KCxk{=Z9RR8$H=2sLa5uT?f$kCX2i@R8T=%hGgbypn@h0t*2
>Q#PjYE5P;1xcPI=5R6LAWxwLhCOxge$W-HkyT~qJla-$s?sg+uB=M1?k%XWonFbTf@>C-
nw2lH@R$M|dBM_em5VAz3EK^OR|XqIlK5qbBQkN8M`tV*Ue!yYLTQxlnj?9M(s~cXvrZ2SqVv#EaaIdkS=IE;wn%n45-
G*9Z?u4$#yuO+(qit_BxpLEsvA@sGZU|ts8&?v5~~Nrkb8W=^Q`h;RF_gj+sI55EfGjpDaXllb~{8NsI0J?tVa%^DgOdw*svhRKIG+%j<iAz6`QHGL@8m)
e**5vDOQmwl8K(M*@7_|8`l~maE13pte0{O%2FgM&ys~dkAW$f=!z0iA<<RH2Ga%AUP8|0gxun@oWV&A&09o>%==o8u6v=d>(dsO5#X!m^%CVkS$a_shSt
-cZA`Lr8X3|sSRTe;3{`RP+ogdj<i?Ly%1rN~MgR#IZPhqA8_M}j-`EBmsxx7O#`-
W}*UavI;M7lTGEawnB!}7|No@tQY&>@W4|QSug3o34b`IxG0FS}d*xlfIg^NCjz#KxX=fzZf$AHRxZH!~V3iW9pa}${H4jQt_Hajt;+(OqWR#`1r{KAzDs
9<|=>0XCw`dKYu?oCct<vnIrj1fpzy4O*f>rb7Fy<P$glz=1$%-
IL4q7}Qt=t5B}7HmBazIcGaVZt6G7j~g0*zdxM9mOgI5>S|F`LUG)mq`d~^3xRy*Qu!hSuuGz)ZRC^#StMH@f`t-
?E(cbH!N3^)%GIkr)RNF<ApG`i@KL1XJxO{R}s*7^gpx|L1vYo!5o5G)v_3-
SyZCMW!01xKwu8w{m{~SYUNC{u~ZXGrx`CA+mmII+S3_B=%harPL~_~aMlZ7Se-
|x*$5RxBw)*GSRt|3QW9)Rb)Y5}S}G=;LdY65KSeLAiMDfiwQPzSoI(B9MQ%HSyiU25K^%ESMtYzY;um8aX)1ZK@BKddsxYl}v!_kspczkMuNjZ6I9%r7@
eoe{kWE@&5fL1UC^hy0+$Qp+TlBJ>i7Ij2w{kj3Zne6A^Fz$MF2@nFE)p{fNwrR+EPc{mG<g)9S(PjojRmJXALas#9v@NE;h>GGjPTQ3&WUhcW7(djsy@|
?GsVVYhdBI96UD65qK07dY^oEBVTRF}^io7tHcoF2e<zD?nHb(mPRVG$SBzN?FM>FPT4dBHx_4w~a-
`kZVWQA<2?4A^#31_(lB^mkQj{G;dXtAQh+#<6U4j4+a6Z-
CS=40tz7w;D@0t>0`62yljC}(eS4m;i)wChhl?7ZWE2%)%flm06xW@!CwS1_y$uW%5ORzD)D7H(0PzoK=kF&khcGGCWDHfMWF$0hHeu+_E=@!tO-
`tA|1gC#)3I&<jKXt2LnElT3ZVMt{_r*Y<)4-D72wW<tVY9MAYzCp4Dlz07f?fr4W=UqK-
K>P}WdjHS4P<>gjSyTrTS~i$XOP_K>xv|JV;e^>O2SGJM&aKhVHm3}suPn%mMzHWHVaLs7MTgG8$*Ao$<|*E=Pk^%c>IDAtl<1CO#&fH7@CNQT|`PoIbv0
rEr<cx_|B*^s|;YI*c0uGfQ7^@N0p3einb1|+Ei0HtAQ%4Jz-BYFs86NBC@IU=UEXQK|BCoTdqS##X7}squV{A0`k*ZG&V%j1r8@CaZ)jvG<Bk*3Ja>tIu
hj2){`|pjiqodj+Z{#sXZ5&*&fZc)LIDLNsvZgw#Qf#Y<ppcQjJj+lg>vLFMcB~4TC5tmK}zr1z7^aiduq8oTprD-W72xY{^t(j4+<L2kDW31-
!9yv`p1;4g!u^eUvN6T8wqL=wgKt4{|AL^hucIOo4gIB?zP<L7eNsq33YdC)01;0<wt&P%Xh*JMibGTuYv3kOFb)t{|1emW#(smxwb0Z-
g45Qqqeccsuk5?a-RvVz2-qgT)LQmdygzMpn6i@rvv_3{qtU@sQYLm0s8>Riz_kYq6rGoG~D*n(LWm=T-
acE0{&y{$_yzC!vvSJLO=*sDg&D)*=Wu8%*FQHFl-=e6K-!t`?fbdRX|%fkz|@KFup(UpK2U-
nhv%6)>eWk=h{Kwg6RKoTh@>>Y#`<K`+PEpD{7a0#|i&3y}i_p?q1iJJ$8srzUOyJ1N!sG*F!BD5YQO@n+X$VP9w!($KL^Mqhj8gU6ws*1%iBp3xbvfrRW
uP{W66S_qvzf<xm)4^m`o05I9T9AZ6{{aW~=EPDfQVcfrZt>7E-wBu6SIU%HK0Jx)GG-
4P)k3J)wuKVfu4N&rgYARJDo`+80x8tyS#zOf?Z{2YliIftaMRumqv>cXMe4gV(RGS<oG$v5b9-
XEReod#POg_)nBgpPeF_ye5!6`Nh=UMuQ&rw}Oo6`<WkOBHx9l+>yfIHAw-yI3z!$9XkLu${TL$}U63_I$pijB@+Tv!VA=xRkqP+bWsC5-
qX6)76wr9pA|>1+wUw1(k?^l_R7cR?qCDOD5Kt5~gzx^*(qlSK^vV5z4A%{j)G2EhfkXGGSruxuy=OEeif$^Bw0c-
mE73k)$++Vbg72D2zoK<T5B>jkNqD(YfkU|5RI%F+<8DcniZoN(e93#~~N?Wfp~V9Pt(>K!PYg$VKDns)_hVhJHxvV$6)$Sp{3^2bBm$~vmjKkD#geyK#6
4x2Yv@?V@f2S0z2B1y;?F>AB<9-U(%C#7DO`nHg!m=YOaG-)w=$X1d_P3{sM5uUb`D7EO*7O5j%vT1G`OFOK*HxeH(zL$37U?tY!66QoupYS-
t(}O@{I164NhIazy5KbF0#q3#iRZ|Gau`sb4B|YG<XcQs2hv>2ZtYuF+oQd+yq`0j=Fh)FMaK%<!)AKrBc=P&n`~L6y^MC#E&wu{umoLNO{`lvgfB27IKE
}rVjt4stvAkI6*Tl!H;&l#U%4mYQ56c8A!a1UwoPr`j{rjePm3{U-j{3xK&q|;|s9By<aLQ=3e0`dUq->d}>?EKrDxj#WNTfG;>8>-|o-
Xi}AB+}fOclK!X4aHo=LXp3Iyxu^h-(SzXfdKHkp$2V_+fAW<E;@Qm&R{3Juv&XH5!A{E4x-)7-
GUw<t;nYpJsau?Flo^S1`ki2P3DLc|T&oy0`!v!+1^YWPXPY3_`F?jguHxKwbi>vI27sqP1W<;50OHL#la3^a&;=^i!>(PJlERiD7^SOzcE45pAJEh&VyT
Nh<U=C5}Z8i;USn^*=1Wi3kvLSEIB>9Dj`&f|XL81S`99kRxUezch|~wD7u@a*&zmtz3dPixVdj8<Nyr)%Vf;9V>lM73A(O8Zn?jy5Lf_=+P=M-
621t)`HB|h~DoCt|lk<vImbXFH?9#wnkNQM$lz~{OX7?l)Y9E{kOwi*+mjdf{%WwF;g?G)Kkkjr3%Q)nF7kqTI?dt0tevaYQ!PeEJk*wlby3CPqzdLB+DW
<Ea=Q!(5iUM^QG<vdU-
8Q`Uq0gju~BeNzP5JIss~0^|~P613Nk%HcbxvOJRGZKkSOxUo6BA1}rAEE=tDsj0J87lGkINYheU$4_8Qvz!OiWK`!m$?GojK@aNAXR;X+k#j9lwHml)?E
sgxS!PCQ8RrVY)O%GA)9+m9>^fM+bPm<PI(K*m`$kYhO`gsh{J#)@@$g<j9Np>4Orz2V<mLPhIR4zoC#^m4_`m7?SGL}V13o)#-3y2*H7Ubw8!_-
iTqVaODupEP0V{Wy`e1f))(@oX-
C`WQ?UUQAJ8F>LV#05?!=4#(Xn9<Bi+3ilpA@sLsdyIX;AjOygK(n!8S{4&nVNqoYlLmuPIb6X4foxvVZ0(R6730)VWyIgL>)DUY(a%zaS;*6J=3Q~NEC)
zQTX5=70CwjUBMwY{OgQ+EKXuMuY-vC`Ojf%^S3tYY$VwVDYQbX?XBf3xR_)M3x7U%YLhJqdBiAM8P?&mxMzxq^WNPr}N3M=Y5>2?QLIRy(>@h!_c7-
Qc=PXeyG!km)xG|m71lJ%8fs4<5pgglJNGR(|Bw9tF1gc-br8NRO;CtaIa;g|7C}&ovw7_S$VocPOGHu~v<sKt`H0}#I%^TVLb)9BMdZ=`e2=lnkJab8U4
JtW0G(mxB99@;dB<bOyMpASRr$8~5E5@?vXr*fgPp6I=amGAr{dzEF#!2;pL|<|+#d%HB)x!qjP%jx+*uG%Eyxv6K>u@%XOOp^sC=j&cUWa;$OH<+?({kO
>+8`pREC^GHNptBN-
;w>hLmG;3opEKY0VlKL?A7p$fqNFNjV5Jk)Om#v81v?zu4BI<c@PXO<)SG`7w2DRohG}&8XfB*RhE@_AE7SidEpOVwbC_zCUVKL`MOTA8(atH0hOICESrU
8)00PbE(VvqY}=VTv1l#Cs&xgTJ89mero}Vh5t2W@P8;=~P~a_QJI<)8Dt&!oG<EmusfPlKIJZwwcgF~_DCe>z!Ge8k1R2;F-
6;k?i}CX0We?}6iX&d^@W8?Fp*q3!VV`u^?w~eE;r9&T@EeD|D6xNa**xN40-$2yOAbM|!>1*8HSA92LTQF0XMr#;R&}{0%RgvB={R38TGxUE1Il-
4DHW_WILJ9V-x;0NpiHA{LtvbIz*ywdiV}ksFliWE5|qAz&baXiE6-
lcJPgYQb9?HQQmN8eCa0p&6`zz;MbWnfS4>v{OXQKi(zJEi5pvn9OSj_Wwz%0)DUrTViYPeT3u@#NzU0vR@#N~9QVV3B_$i5s!?prbNpD6mPz1^NFEOXbv
fcTVD`I|#!h#&!xKd2aC#ZpRvcn=1g30Awr<t2+t$Pxjd&iLJeC7$LNhJ$4CP*DtWn3?6ib~O}8k|ZWDVmC)^65s_NQlTCuhLM49ak@T95V~GQ9_ij$dA~
y9v?DVs?tf#_*>fuTh%WSTNh{vR+eLEX$?U*|9_6zlxgdl?Wvim3fn|tIYT2Z89Af&WZGA=8)=DhdYW|lW8S8;K;%YhtS`wg9wtb*o5#LI&Svtg4cbZBH+
*e;W8X-C64TRQttF%7!@vc_6){CM0w_9qmo^~`3~ie!kc$6^@<c32J*?cztY^lHp>VWDPYEfY-HHst3d&c}5K39uQv&!0c5Z%q@+?l?x=LtR;;jcUYwtu!
l9MQ1se|W>J6@>mGrcp%{P{`u38O0b^hq%uj+Q(Y`4E!fTs3(-
FZq+AEn>0_Pkm6yOofDbQViE4N};4OT{k10YI;2Kjm>kg++}2&(UZTon39>)ZdOmi#IDnEam6T6?8cB+SkH)ar6dnlDCYYnJx}m)tV2($i^!A7(Qhk*-
GVrY?tG8fwkgFjc?g<tTUm3H&xDppw+vl*@W?#)-
+KnZa5Z*;v^ac~s=P~Fvl7>eaT>EGK{^<TNloozVshwhZuSW!I_m9l_D*85>+pdST2iiqCefBvqt7eu5POmsDjx;yZ*1kw$$p9{=p{G#H19x;9?MBVtM_G
naW2oP%S^K7CvVa|58b+A=I6NV%njGjBTm-pkvGZeL{)Hka$rP==16x{y>L@DM`O<~9-l@Bj2bnj_9)-Yxxnp-
{iSzu4tuv$0ceb_9&Q!R1DqdulgKmHXsmYcQvIR~*BHi~0iAD)_c3Ob?we?c)~Nz?I)pXmF=XlI$FrPQKdiiszMUwfI&EGTRacVo8=?2$bWIiFh7#_~71H
G8>zUlRcyDFm`jx|H062$+V#qeennyvO*_b%bCbVxpX%z;)nyob-lNX$ULBJ9GZWQ0bD;Yl|T?>;1Tox@MT~qizgugynlP91f^_G$*3Kli8I*tobv=9n3x
AHG7-m0>I+}1gD#|c4o=u+X~MkDOeut!k*v8cEx054moWM#hW)Wq^TmOFpQvUcBJ-
~I8we*d5U{)b<FL=Enrca{J3jejDn$U(#K3jE87^{;T7@<~EVLq9*DJ}=>7ar5JQj~@Q~W_h_`kxskcxrVn(rb|)4&d~16&?TPpK7Y6H7=@|z`!MbFIC-
J}AEWfn|MR8vZVLJAod~hFA-kXViEo63OE4t=63Bl_AS(nA3Ma6y43(H%ViD+8t}jQD=*bwz#-1G3aj;(!rvKFUjo;ZWiqp579skuC$*-
3@*|Nvqe@pn2L8G7mdr>cb=){MV9u~n*n3B)6vv53o^7`@XNM_{st1CGuA0lK^S&sA6`s(W;&%6F+60GVTyrVk|U1v(MT&Aj}65%oP>@ITmely9u1vseTM
#oGv&Jj0eyx)>pf7R`>46j1e&{64&uDt8Biz&3^ODJB#`F6iUBfnHP<>MPk4GZ!9-gAiJmdZFr-uO}P_BJ4&e}qzfsoB@DjDqY(V4lB-
^6L=4%!WOpo!)Qn*5@}9WfLBanYcn<9N|^FIH___iu#knX;=HLB-
t*7y~bcdexAC_apYt@i@0U@^VqR+vc~*{!uO~R@=rB%BtK@cZI68|AI9F^yO<v7%jYd63igeT(x1Ls@^qACioDNP3y@!jLl@^`Wzj*s{nZaue!|Je;R#6-
P2sC(@;vjGgPET*mbAL*?Hbv6y4U#+$1I*k(JD@j7WOHuJdeRx9@}M)2Sg69i}hsg8*z<{P-
1VC&`4JdKv9zHS4dy^*bY6bec6<g5fk9#_<yg$aYTIQf^=Th2gyHmY3K4Aovq4sdOXxy31j}fz8wthOUwhemzaO}Ajf_FqRr1T9#8(I)$j80xqt9YJ3^PA
4Cza3vSQ}fx9vm=U?Kdfw)6GY*6DSqo)qU3b>zTCq)&w%67WtK>0u%0C7!Ktai0jcT#7(LJ(ZUwu?SEfE|JI_*T>G5z}uK$07x?bT8GAtPKr`&2{1yD!%)
P~6k!QP^%aj<ta|#0uJS8v>r@KA_Bh`8$<loU=-
10@mP85hkirayswuG>w>?hfZ8FJWnsp=T<@bqyzLvknR{7}C_ZvPcIen_t{13loZ{=@#D7*59_J3XQ7?2~}+Oza=c3=LyBF`@p{-MT?B7RKVdC-
?8H|3@S-bPlCtDeZBM2!2=<dPei?0gV$RFLfo$P>~(0>;)OMfF2o8Fa;EYQ)p{j)WpV6Jd4de3YIX%8(a(0-
5*DJbUwa4(ZHtQtG~3_FN>~KRd4RTaZMJC1WD*>$#;}F9|D;5Bbk~<@Xcay~Hd(xd;BST(6AwG5sYzBCTdGW&d%#<Eo`+0n%I9epR<moB-D)G+lW+-
YIn3Be5^1<@g8+Z|xkCd_4|+e)Lg#$K3YexY_l^XL{;wcYZYa6WUBEl1h~wc}Ha)i^Q#j?Ll>h?3gM)$mOgdvW2ciJ?0>X4;%NbOjf6ZIIfXGD&a<$AUMb
0dHW_`Pk8>~y`@LsVx^8lcO2+){G9yZE#@!zr*{VKF2@c(uG86ucYfp9+4KQ#z2C0xS7Uv@L`7=8Mi6*M?K6M1)DigE+e3}l4vf)lA2-
X_%RzY}%^Ygs{sw+@7W%`ne?QGRHZPat{_2@T_3OzMy}aR57d~m8c&B*3FS})DhmYy1@1Q|G%9r%Y5sk=s|M?F;Am@#WgO4sphb|aqoNU3XvZN1i*44!kE
yIz2AY}1cprP*tqsYB?l9NB3-esWa9H1n0pVi^DVxNbNVm+D!iEsC=w*pFo3=#-
5M=oz{LbsOlL^jMm@Hr@TcngpZnRRBAg04Xy`kg$KHD~_=_cklen1RLb=HVRh8cpnPwSPM>k*f2)1HF*hhg>IgmYEkPK*@$F4k%87S7CaCK+$;h?woydkX
^N09W%I``GdWyb+nkY2u>EvqEpM4k8R5u;NmUb=z{Xj-0Iy#-
p~Yk8SmouW<(5qby_9oMk5#WZD=Z<cqQLG5xy=Te4~CiFcNlj=oiO_R}7LFXwCIV+llGGW$4Tdi!|kEdAc(?9DS+%av<UbV~xh_Xp*8o%807*;wmo0?HKv
wZK!By_xxEh4(rZ9OLaEC)<!y<1{_KPPl~1{)`n4vgs4n3&ZFHDGjm<;Y;ce*C}~`^f^bywdV`m!a4w&dHgI0zfMBE9t$}hH&}C=yZs>;vnO`Cgd&!&%Up
p;;HychevE1eakqHDbX5`XyAp_SofSTkasFeg@&P47Xbt<l`f!~EVh3fm|dSIgOZ)oT=DC;qO83WJI?C1Q`PD|d^Gs}m-
&3wlTRv23{I3uw*31%UmVDZM?j?Q~0!OB6)VrU9>&IynyRg7Hpc0Q+bo0#r>`)Nm`@Fbeg2}sc3<`@glGc8OP<OCGFDrl!M!$*8~;M>{{IWY+cYN~=G)sG
!Wp)m2)&vcB%V;`eN8#WLe_+(Acf|AeOj~2`YIOWh8*G2NNS973^-
Y2;D0UWMu5{H>|o<ygCP%AyB=eYPm_#M#Hx9p&gw2*JWKytGn5kB&65*xLO&lB^J^XwjMjTFWctN|`<TQJG0(1AYOLWA}iS2&fu<2a)gqX&G0+5$u4B-
4y*6rNOP!WusL02l7qjhes-RXBa}Huiyg0uYRH&gzIs8W?u#nr>g#AJ-
*yf@U#eAYtnoUADm9;}{k&+G3r(<r}lbAlDR77=~mZPy=m5!SFyZ7oZ8Xkl}y=gu$aEbwq=H7QaXVmyJ)c@b=6_BUHdXlqn~MmS8{3-
GR4$a0)nd%|r?SrQ##7Ij}VYQs&nKs|Pxw&{hu~z2!8qsq@hIN$TK+z#~tmTp_7egEn=(qy*FqW&jn?KsiUjUXh9ckll&=W5npf&?btOBOnUMDk=t77S6p
a8Z9#1By`T_-
0xqn#ets=v32$g=Pz=*<=_geTTYy>0F(rVQTTp2%>srUbq(Azj(S{fL>ADiGig9|2AL3GJw6)H)xQstM#K4*g(b(W`M@dXKX>ArfuT5#pqNgy2Tnz|a}#f
cfp=iR@|Jz46!Xcw%eZnKgg@W`^m9KNRr-Fv_WcKw8;J&{S{6hcI7#kP0$-ikqf352;XGLNSH%t}f=<teG&4y(L_}EkR|`}-
jdJL?6XW+}<emdhdAFD+6^u6|8i@2W$1e%NNUjlrcDjbMEVV7=7;L05&>{d6M<9S%rv3m@Fn2u|jcuT_iNS4G3Lg7ldnP7H5R1;nZ+LqPopMW*>d|(Wqo1
O1&{EYzGO*epWHiBpf)H6mhEbL#ar9(rW(p(Lh^ZAIHs*d80l+w<nJjE2nil}%G`0V&vyJz-4g@sD%M-
e*NWz;)iqM7WiNS>+C1R04Ptw8?!93M~8;G{4nG`vC;T9Ux`A6m{nd~ybMV@eiEi~*jiEsyiAXZp{w=4^Hr~Z!0tw#(wFX2!E=50&-
?$IAz&s0VWdF#TkXl^*^TOVY)n&xoz`M`&!4!~sl958%pMB~i2YbkjVU4iRj&68uSGfUr74Q@OK6^(T48&u^K#CD{2u7O7j&O1UO@6(Q^L0J-
2Jn7IAjM#A#l8TYHc0@z5bF>%qK(T@YMcDLjxju@Kat{76Y2!@v!+COK%L4m&)`a%k4a&BwaB@B<IDp<lM~*)}NDI-0fd~N@M)E7*0I-
cfpB?c<a#oCQ$ON`?FoshG{P6RSfBMr;Km7FLU;g%mB7nfocJ^HJ=1V;=O|>C%uQc9B(kbY0);vjOIC6ka1CiE6y}C3{Yl;j8k&Kktb&$LPb-
^@&nqp{m*0_pHZo=`*9~G2s3OLPH<vgYC1iGmQ=a+-
9bF#f?GR<PdWZxw3%ss%WMDVHMzrV2Lrj*apgrGZSz)*VyJ@)mCp<}bvl2weEZ81dA&P(0VA(Mo26u<3!Wd+Gorj86XSl6&VL0Nvt5IASH3a&m*7JdaJ$s
Pze`svj7JEPxpL~d%ncoMMR!l>tHN`!S}+p5Nuf;)_v7lNhL0?UrKc!GL8`PYgBeR+xtfKfF5DnI$3{;T^eRkoYDWfmQK(PY1Q$}yy0NLP@y=U{Anl5ASm
qTX%c8U+B#`6zLyk>9Ze(dL=5Q)!DxQD=eoo>a7C_hoBXBM@~EWZ9Ws7TA0SyC=I@I`QG;;0r8vGcj&V>_d9aSp$VlL1&5hSYwR!Vo|9^Z@cIQX<O5woHM
1J?98v}r`16O0c=G9?Pi4c6zoG{Fz6Ay&e>^>N~#iwq9=wn-1(5K4W-~jbvz031wg4hSL4)&t_1rOg7!2h_tQhk9j(C@BGf#6teEvEf(Erh*XUU-
8p3?qT3B|F+~M&}h<a<$6SdTPO!upxO-
>9Pw=UMAe%u7B@9I|}c?13R6g80^U^A(sM!53FQM2c$6)L)O)b4ZE=Aj?`pLf=X@DCwt!R=pyzNT^*j~H{w&d6bh@koWHO&RoYq6tkJ8jlgc)NL3o_(!$#
Rk=^WlR`~TKCRMaQEw5<(moLIR)aCXj;~9*CPE065bpl=`h(M8hG$+hl1m=Cl`|>2E6Pznax9U|UY8BgbTQ%3RpJQb|C!+%=QO7<N-
<y}$0QP(+5E5%+%btn`0H_M7^g>C{Q)I@p9MQtugHoC3v8#ger7WTwtjKNbHEwNF4xrckwa6)kwZ7bLjr{UwMfMmDXp$96}ibM!KBB!l@IHt4gs~7UrN2x
YKOs8Z$diOEuDJk{M9F}FlrQ-4=PEFTWZ!ZdhVH=P<Bq-DWWA|ac;r>)79VYYBicjs7eqPm8kt{CLUwF81*()D#<!*NrQnN(U0lMOA#mSTRMy?)?+S5S4R
@mo7<%+MO7<@DCY<rB>?FC#cZe<Bs<ELW+e$+r*J5Jkhf2A=V(ZDIdjH?BJXrF0p&X`wL4i%+tL%3Ah2T7OFt(r=$&%Jq=oCu*-
aM2ozFDB_DnzGk5bTOT;q&AjDg(ckVo88O~^6LU9FDf;ejUY$Cu2(Js0CDPFrn~PjQ^d;M+Olcyc%t>2%G50;Qh0ihP3^Wy#Ls*W*gE*j9o~;lq=pf?urV
pB9nVQLDQ9yYXKs0zw9;)Oys!n)uJ&M=byn`32+%49k50WaX*>Iu$A>MawcFBq%YDuy8%1ewwmDwviYccPafun2gwA3VSEXm{MLyf?Et+gH9EXT#gebbxC
Gj4r6EjBRD`f^rV#NPtP%p1(HlN$5}8zFkt<RwjL6B_a8a_f^ypu58Vvv1SNIA=2q4@bVZi9D>e%n0TJ!y(^%y#(OERz?Kn**e5=ujy|@Tr=O*K~oX+F~_
Mo!GNvBQ|*lLKkdJ_wW^PU^b^Cu-VqCt%EecEEJJi(wX9hTtH#4w>t^bRTLxJEz&!deEYj-
7tF;HXlTuSAQiX0BGz2h69FYJ_Vi_<+328uU>X)ESfTNcEwXw_w%K{X!K)H}w7VSy>pu@Gidua%y`G0P{^Pd9g#2foTh9Zi_(9{=Wh_0eLzr<$yk<)1Pi=
JCnIr)3pX`AFAPu%%>n5P5ryCAahWkkdh=C>T&KyjJP1{aMh%rA=R*=le&mNCC;4%XV)#h@fpLUVn%k!M}A3@%Fc2F38=^!<Jc`lFQUmrGh$^oA9)0rHR-
3x`aXjk>&cpM=9-<JKoi9TXA@j8eH6WgogMD#W?5H={UI$ZO7~2ix~b0ppu7ma8AfwGqNo{pi!AM?Z}E2%A#XZE31d!yax^LWH;WqWIX8|R92}E)1-
l&_^%jbt#X~*rFY{5#U%LrUr^}x@Vg_MC;42hnp6N@BFloCC)HZS06w_7F8u2VF1$3auzJ|=x3=Dfchb^3|77tLvuM~yf$(pEcQKEq|AKna80-
+u_8lUk#7-<tekAYhW;0W<U^=jvlmC&{z(a5G~^6nAMnbOJj>IspZYfqGt%khN67oZ~mtyPsb5vgh<Dw#PhBREN!>TasXWDGP9W*YGXlEWy-iE-pYmc~P!
(+-
ylj}u8ml!d=?c_k`&N#i)CTEftkcJ{L=NxmZ36IpW1hs|QNITX2v8iipRBApNr1{(FSC&*!?$zn}Fd?4eH%H=cgS+iAYi06txuTs=snaXm=Amzm!5=Sv_N
tNbfK-uA@nd54|rTA!^y#^*6T0>@r?J#aLbKB+lS-j$S_%UWgQ-KsrCxw#ZbxI^FE4cd}8&^-
V^0e3lDQi|sdQ#?1peTW=M>KO;eEn88ccS5BXw$Ap39;0X)HN;EjjHbEI7zWM=~BBGePVWC9b`Doo800Q%Bjo6oN?^Poh71Y9lJ=OU1IbUk6bK-
!e%=S&LTNsylA24%PWndp@_6}L^wqK`8t-a$9x6SmOf3=c4`D1P7p(fEU2bVjR5wyE0N-=b;LuOvSlUQ9oj?^y=Og@Xgr4UW*q8Dm-
q?nXdFqHdnUY<Czldci*@O#2pw#s%p=*%8S9wdMS^)fIZd&i3L9)WlJh;RUGPoR$KT|>Ek06<d2Dw+R6C0*eTqMa*56{@ZBEDDK|M!+7}KG<7P-
a1(Hz1S1g*?nu0zyu9!3P9@y2!<40;^A&ZClH!s;REAjf%rC<x`AHHL6W3`cScWkw?`G<v2%6`I2u@ocvsDMsoj8o{0%N~f($r&Z0kq2!oD=wA`Ju#>f&Y
ycUj%0q*Giz~~5@iiZ_-g)Y94A#kU1TH*XD)qLgHq{vUF4dGymZl$r_b(QK-
?VA_Fu9ygxblFL?X;_X>FW5}kdxmHBTrBN3+;XY<r3*v3*eU??T=>t7ex7x2#7Vf$o51N>}gU-
0qu<_F$#6Bp1c<T{N1Q`VAWg}lH=&cC9uJEzWpMmdA@kRlPGul7mvU{-
KcSk+&LyYhu2agD!2)$IQ~(NMgrPddvWDGjT5nB`6{oDJdup4_Fk@sqr#%)G9Pk{XvWaN=rN<Ae(A4%$jDxO2A_?yNu6VS;{G(K$17U+Mod<Uy!**~&^jC
}ymB?CtM2*HAtz7=OL=<DU)`_iqp|n1VK%*_{<mWlus35)f9Un?Sfp3;(5rLfw%<;BmZz2VG++`{cKA!K1IdZ@>#8vbzvgHJzjZm?9_7{KnWHNBba%XZP|
`R37VlJVtmB&rz>dz%uU4YBcFvy!1^2t{`UyF@h$|jWnP~GN^KUsNn?#({)xNUX-lu;oz4~iQ5RR0~9-
hn+uX8%OzG`~*hCUoJznM_iSDRI=N&ajn{5*NTUH5bOBnYn}s?4G_iCovCce_wcPwDJd-
~H6$_oIvLI(W2LeD!}H?uw(_@=FOnokQt*^;VUSMx!^~(Ytx;z00S&i%n?x)$00>6y87XE~SyMmy0AVuPlzKTCZOBhZyG7Zks=eI__^C`BeR1$H>0)@x4q
-di^RL3w4+Uf*zt>Pv@D=UqZP2vS%q`_K(LssHyvqKZpnMq{p73P>!(US8)r7HZrM=)gD8d5Lq4X@@bqCgJg-uTRVPOc?hS-
klkLUS^H+c(dh~@#@jyKi~L}}%8T(Q+Vwfj=?lZwyMy$jf%DbU_jEu1gVyRdLCnL1@iLunf-QSUKEzE|WOTBSY0+(oQ}uLq9*z6%nawXE)=z3A5#xSzMc(
$6TR@InK8G+XO_L*$d}^F$e1n~q&wdD-@&Tq8L+*SiPg*R<hkO5G@woG^Z9z_tB|Yn5FD8xrR&vKZ6E($P(y%^#z^06HI-Cmmqs{YIKBHYRAD}+;y!LL6J
Q5tqPsw=rJSoT=((5?h_CXi&J_)f6cl{vz${)m5_i0~GUzj);Gn98w`M%B5?D^rHJRR5hWeHwg>UV_0CeQzaV&kFw_?GPGMdR_>?fgN8@|gbn>1a(~%I}Y
xc0BLnY>unFW7z)Y98>x6*wv;*3h}ac{CY@YlB)FYC91NPMNG8i6<eool+i2dx2RF(rzgF9u-Ckqp+356OB9(2)GyBvh;-
Et60OHc$PX#)8<BZM;xu&s3Qh3(?xS~!WBQe@c{+;X(?LG$)$L7#6yLI!kUVenW)`^1qvl^sa^>m0{s)W{pUib{3davhy&}8x(ySI7+4f@gs4^%oqos1y{
lNfMziI1M3O|RB@Re6Dy^Y$7HYW+;@rrlzONX3yk1!%XGiib}@&Q$U5JZM+U?SstQ7+Yo8;LDI_2q4qK(N{u>V~6U%F{C+e5$5M=7V>DY2r5}#J5|M&U5B
Z8kZL%L<oePQ1lRI=;rm&wB>pol_Q!ZT(A2bGAc=XvdIzNwiC5jY_3A{Ln(5|s-80$n!Y?-
iE=Ufn|36HhxE=k9(8*K36mY^e=)$@n}F_3Q~L5_9x{&)CZ*#twik!$$vo5}P3e;^DIBBnHdFR69z7B12P^8sLhwQNSmMwIb4&h)T410jdR`S6i7l9O$I6
vZQA0c5L=*oSXlQjDjALy_8P`}2WN(<Rd82R90C57c)hoDOO~UecO{(t?Ph*Q~NeS(d8GY{FraMu+@ot%c_H4t%aW5wq!g&jxj+0lt|J18ZnQgxupIiD?!
>D54vpbIg=H>#z=O5|b!3PACE@<Q;Zr*T?!Q=jmflge^B^?fOa?DRw<NVmS8tBI@J?gjKeq5(FyP`<d(7^52-XRCu=FOkl*y-v-
1l82}4vvE6J;y%%dW)Vn5~HkHym!>g*B#@Jy`&1DvC|ebb|JIFw*&nG<g;Tf2}(s>&gb6F%(dFDf}z+x)W`uZ6@&u5xc4ev5JN+=4|(@F>Sg+9X77DP&%C
#p0|Gh098fVlb*h_|Q0snmAEk?FtzNg|WaYgPh40l+o${t=!+;@YPQajA5Cvql@}tFh?3;TlGwPJdTaH~<pz+D!J`O#Qoi7;T?yF*#ZyLMh0U8)=6m}d?0
!GeV+yS(<_hnSBAbPfQ8fwMgQZQ2rvH{2VIF=P?9keKSOnA3}j&QG~HVsVAppa;2A*+rB-rMAYS=kw#DO~2awTe0B_hJL(s9+i}a9AvEDcTCX=h>gSqWya
Kez>g8tFzS!g?VSjK$Ew_3Z@zo3QyAls>3-L(iR-^(d@0MlR3|Q9c**~sHyFz-G&3;#)*v>Tl~?Dr*X-
iURisU3y3QQ+GjfTLP<aa8>@K!1Uzs{LxK}KzcHV^y7ak>?gQ1)z`ZxNE$kEYLPk40*d~1DYpP^KfTXz)IhjNADb=oHc#6P+vBerAyfIN2jS$muT0DVme;
T4b0W1Ua#Y9_oU6@bqq#Oer5H+ind_uIr46=XOfbY=k;o%eklsrsZug-
5!!E^!+fR0J@uC_E#8dM^{a$%sd<NDa6z1J8$?+)=n50HcDor<7V0zbDLH5@&(#&A@!lTGY%;LE#(1jlXq-p|1qMBsm!n4-
KFdMmV6)H)yC`F`^D+m3<x@|BYBlpH?j+?DR$Q(r=yg9(C_Suw90i8^muM;9qrOfYO57)5V-2R%ef;0D-#*f#-YU|$*ozZ-COn3B7%OO50X_(bco@2Ss?_
61zY8%Kc7AO}YC!_~KVbkjU&=ODmkjT+N;2aA||*I~=h{oaUCce)pIsjM(1d*P?E;7pNW_@h;HY@rRLI?qQ3kp_4d_EP)6XpFdbZQk7uwoXgeiJ(Hm1kSY
q8VtRQpJJF*0>gz9P=NJde{w5aa4k5M0Ccox$(+)ru=y3md<?_HG4<|!Ad3JB!eMhroj6yxB;Mfb2HYR2f+ykjb>7bo-Q-bEYdSk?IJ<|AvXPSp`oZ7AkH
&s?%}4XgL$7n<S8*zxEeFm#v>#-Y0tHNq<)?U3T-yLz3`mg);tJmY@V9g~W#~fnljw{p6^?*gn})A%*>~04$uf~~-
f{*}&2$PQR|{=?k`$;trU9p<sRYL6k~5+~-F@&*Yk(ItI-Kb3#667p6r__0)aBIRC*jKjCl`%jgsQXIB3B?P>Y@A9^oW>8nPcDuTeoUpzbaft&E5$7svvH
_Xrot|fa5L%Z5Bn!yw2=AfTia%XuJ?%Tv`l9vDY9Vjr^E=o)jbIG!=`mQH_2K@O-
{va31nV1OG#9^%=M)w5ZMK3lif1hFV>Ry+P1)O}$OJHtIFn(uhG8u&8eNqmLF{U1yXm&?!&Q7C_Pwqj{FPdP@wTKNNB;(6%w^<5?bywq3pI<b+ibIB48hF
q6jwju_rb=%hsi63HI+>kH?n=i#Va5t-LFpDDr0-bA7rRy{0t>}aL?kl7op289v>DKU-&LT<p+stsAQzU+)Parwcyz!-LA;MT#KO{L-
T89i8HcFcVS?U=YG0T8W0q*~7)6Cs{z3`q)(iu?2rL~lZQy5Reh!vo?-
I4e8iLf}~ye1z~>j^Z@*GHvxX6iJsD=p#(Dy<o!{D5_eL370nXS?^r^hP1%kWpqbxU;yOSh7G>&zP*cg5*M2HZMZwqK^X(vht*l@gSWuxSpvb@*q53ECDI
_roP(`)2?zyQAN2g7cUTwUhL%n*(l~iL(}-
G4+*9{!%!16~8(9}|=^!U@l~9680_QFB3<k<iLyr6DjEL6QtUg>ZgPgziXh^e5<Ez+2Obqo9<EPp$n<R%!Fl2{&+P0wVG-
T_H){4Fo)(-ICvI`_`A^dHL_d|2vNqO^0_K-UwfXW_EY+G^P1hG&26w%12-~avZfB%2|Dnlj"""
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
        return np.clip(values.astype(np.float64) * self.scale + self.offset, self.low, self.high)

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
def _even(count):
    return np.full(count, EVEN, np.uint32)
def code_whole_numbers(coder, count, wanted=None):
    widths, going = (np.zeros(count, np.int64), np.arange(count))
    wanted_widths = None if wanted is None else np.floor(np.log2(wanted.astype(float) + 1)).astype(np.int64)
    for width in range(30):
        bits = coder.code(_even(going.size), None if wanted_widths is None else wanted_widths[going] > width)
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
        bits = coder.code(_even(going.size), None if wanted is None else wanted[going] + 1 >> shift & 1 > 0)
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
_LOGIT_CLIP = 11 * 64
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
        return np.clip(logits, -_LOGIT_CLIP, _LOGIT_CLIP).astype(np.int32) + _LOGIT_CLIP

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
LOGITS = np.arange(-_LOGIT_CLIP, _LOGIT_CLIP + 1) / 64
PROBABILITIES = np.clip(np.rint(SCALE / (1 + np.exp(-LOGITS))), 1, SCALE - 1).astype(np.uint32)
def code_magnitudes(coder, logits, wanted):
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
def of_quantiser(logits, second):
    return np.where(second[:, None], logits[:, logits.shape[1] // 2:], logits[:, :logits.shape[1] // 2])
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
            self._code_magnitudes(magnitudes, flags, [*around, *of_siblings, box_sums(beside)])
        self._code_signs(magnitudes)
        return magnitudes

    def _code_large(self):
        wanted = None if self._source is None else np.array([self._source.large(self._band)])
        return bool(self._coder.code(_even(1), wanted)[0])

    def _code_flags(self, parent, axes, of_siblings):
        shape = tuple((-(-n // BLOCK) for n in self._shape))
        wanted = None if self._source is None else self._source.flags(self._band)
        flags = np.zeros(shape, bool)
        around = []
        if parent is not None:
            steps = [BLOCK // 2 if axis in axes else BLOCK for axis in range(3)]
            around = shells(np.minimum(fitted(block_sums(parent, steps), shape), 100 * self._scale).astype(np.int16))
        sums = [block_sums(beside, [BLOCK] * 3) for beside in of_siblings]
        besides = [np.minimum(beside, 100 * self._scale).astype(np.int16) for beside in sums]
        fixed = [*around, *besides, box_sums(besides[-1])]
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
        found = code_magnitudes(self._coder, of_quantiser(better, second), wanted)
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
        parts = neighbour_sums(padded, PHASES_of_contexts[phase], shape)
        count = network.first.shape[-2]
        features = np.zeros((active.size, count), np.float32)
        for column, part in enumerate(parts):
            features[:, column] = self._table[part.reshape(-1)[active]]
        for column, part in enumerate(fixed, count - len(fixed)):
            features[:, column] = self._table[phase_view(part, phase).reshape(-1)[active]]
        kind = len(PHASES_of_contexts) + 8 + min(self._level, _LEVEL_KINDS - 1)
        weights = network.weights(self._band, phase)
        return network.logits(features, weights, network.bias(phase, len(PHASES_of_contexts) + self._band, kind))
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
def synthesise(coefficients, levels):
    for level in reversed(levels):
        part = coefficients[tuple((slice(n) for n in level.shape))]
        for axis in reversed(level.axes):
            _inverse(part, axis)
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
                part[level.band_slices(band)] = step.restore(self.coefficients[number][band])
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
        seen = np.flatnonzero(self._asked)
        asked, foretold = (self._asked[seen], self._foretold[seen] // self._asked[seen])
        came = (SCALE * self._ones[seen] + _CONFIDENCE * foretold) // (asked + _CONFIDENCE)
        shifts = np.searchsorted(PROBABILITIES, came) - np.searchsorted(PROBABILITIES, foretold)
        self._shifts[seen] = np.clip(shifts, -_MOST_SHIFT, _MOST_SHIFT)
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
_SLAB = 1 << 18
def slabs_of(shape, box):
    start, stop, _ = box[0].indices(shape[0])
    planes = max(1, _SLAB // max(1, shape[1] * shape[2]))
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
        slabs = [slab for box in boxes for slab in slabs_of(samples.shape, box)]

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
AROUND = 2
CELL = 2
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
        starts, stops = zip(*(part.indices(n)[:2] for part, n in zip(box, samples.shape, strict=True)), strict=True)
        first = [start // CELL * CELL for start in starts]
        counts = [-(-(stop - f) // CELL) for f, stop in zip(first, stops, strict=True)]
        windows, places = patches_of(samples, first, counts)
        found = np.zeros((np.prod(counts), CELL ** 3), samples.dtype)
        for start in range(0, len(places), _CELLS):
            some = places[start:start + _CELLS]
            found[some] = self.corrections(windows[np.unravel_index(some, counts)])
        grid = found.reshape(*counts, *(CELL,) * 3).transpose(0, 3, 1, 4, 2, 5).reshape([CELL * n for n in counts])
        return grid[tuple((slice(s - f, t - f) for s, t, f in zip(starts, stops, first, strict=True)))]
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
