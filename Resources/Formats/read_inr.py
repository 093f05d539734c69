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
MODEL = """c-rlK+pg`nb>+X*vlNJTD!*bBg4nJg?snUO%P&FTe{YV<q_p-abi);(x(yWSa?W0RNutPk=NyCo_1zDD`s-
i*{2%}MFaPV$zyINn|MWk8{PUl_`{)1q?zeyZ^Y8xWkNDfa{oyY^{`I?m{>^XB)Q>Y?$90_ZxQ~>Ma-8_+IMb2Vr|n3``h9BnU0t89&+3uZxA-3}OX>S#-
KgUGH?CM;SpR0-r5x)U88_{?1->@dU$1qufvczPnQ@Pf=d2IP`T}p5c#j)5NH-prEAEuWx|##UxCZZl;nZW|HVwa9Pr-}e7VAbF!umT#v2Llc>#B}#4-
6MSuYYdcgO{$GUl_oN5ggfbv%ZKQ*WZR;6Jt0U2VL<&*XuM77&FpvP3A2zpzawjc-@8{svd-IUb?{=!SI^2gRgbtix@-3OmgP1EE9973F{my9-
RvAfp2!)S+~DAfRp#R@MymJx&n)QYgKP75ho5Wh)Z!JtY}&PO}=pBHCzJx!4YCj)~DBcw$|k4S22wBLpktYT+O+=4=zH{obkH{Wv+3Qo%7W=l^LHE-gR<m
H2AbHrp!@BFMf+N!#Toi4^9QfXW7P!YWA^`Sa^JL=~wvKcer^oEaLayAK(4<KmX-F{`jxI`$4KxAnmmuxj<&int-
|{=vrgKOg5}U%SV;ejI|0aPkpDa2aL7+n1^v6d93MNUoG=Kdc!-
<b;o*NYt;3I{;X^J&_m9Wv3heob_vItm?dJlV6Yi)c8~SRz2tm73Xi$h?bmH<Uvj>_S=V?A?v5+R8heJMr3qD90(M_mx<1zmu4^&Wp+`?l_PTbh#9G(;SW
n37E&1`a#!-q!*^YaOLC2cZv0fOfm-tF!eXHTY4I;iq*)IxLZfm6*<a|vaMQ|;ByD%&3Mn}g>HH!CyQ0MjEUGS6>GghGSYbxsvjlf$#5SARQk>Kaj?_;bL
Y}cB`i6yxcrVw&?Ey>_2LFO9=a%L>a`g|nX#j<YQI;JRBXllDK12A>#24mg33~1w0>Gik^gP*XXYvgMR^Q2s?hs#Wq#J8!mrxowF9s%j-
$AFULtKkP2&?UN9YOElZ^uX64NO<M0AvWl7Pq^f!O2EuiSiLobHIjj^ub&|SCq`3XKJlD_Zxy`Hy<RtS*m$vwxmy>kg*(@KQ%vxFYm%XT72?x5xFvo|(=c
z76E&B5LVMS2LQGqt`GP=k#c#|}U9!F2wl3QVqd1`g_^#I!Z#p5LG#b#Ngs-kgXS`X0TFEHawSpNwC*fHY7g3KewM%{~jK+X2lp%?(1xlToWHMp-
V7%7+X~|*E2elRYu$F60#=tNzJ5<8F<UHXkn7Q0<jR%ijVmX!%SyP_Zu==`hfmm0J85gaGEdhX3thM4}@>;EBIqnSGgSjlwr93FdnUe=u!6P6WYt{SG#RA
W=reHu$q41E#8?TH>xR)uwBY5ecG{Afh8uWGHn&=zDFLO!ifP;gHSY~F;a!-
ELSpVw<D!%5ct=~hZFb90|k@>xKCn&e#fpv5Ea4hGVNQ?oOkH&SvAhAj}?%ggeH}vklFum(O3G29&!@<OT@x7riOJ3JK#&T@bQ!n9NGOff3InC|H3NOLCA
Z&F|^7&H7dab3UYxbe+<A$kR>$CI*;#;6Cv^@~r8?y&prs89ikg`d~3Ncv!O(@VB+?+I(Fn3E2>1CF^!3`!X;SvT~;Ic-DWrFdgIm3q;_TpZ%k5OZ&d1++
Dhn<TAIe<OovgGx^enTKKY-
K5kfhz7yudrtNrlpq{l%+`!$y_miVRBB)E~Ee=f5JLJKA=_z4>AOzYixWFEM}pAFc>LIDAxGr8e4^FhJT`I$uu&w?#oM8T8=dv5Q74h9gq!5RHDmSW5%L)
Sat~bdUeVu10m`Y<`LqTGK6t0KwIO;(8M7tyxw&z8HN#BGXqb&?t5blwE0W?VRp(|?o7ja!^GWExEuPhmUIaaJ{W77Zw8f+wRO|HJW06_;T0@psk9T9<Pl
?9W56R53_sNVt_Tg5i1hXGtPG6Gnu>YB?9&ETSX9PlYjI|8TA04(Y7K3DfG02KJTfdT{O*O<z|74nO!fuWbXD4<WfLmh&eFSOvo6FTKmPE$KmY0Xh(eOWb
VxIzo1~bq!{{tAR9sXT2W2QT#tW0@IP5;M!sGSfV1$OBhT<khpbn5=*A$q-
3^00R=(pC8_dZ}H(@=1g89Fg+P5L$h(p#Y_e$7bD0dC@`nI@bFW3xgwTvZT<G7?9WfDjBC!J9JVhTUc|Fno)M&rb|;tsNuzgk)oV<Csi35^smQA|zg(mjM
q(ubgL%b8@tpxZ;$jIxb(=K)N8;cpt{q^WYri?0n*iAR5LjQMq_y{vPQ>$EywvwnZF^FDT0Pglrp|8AdCONO*@d8T2CXVXl<D{I~M~-
|phdG_P+$0O0BHi&lRZnZm(4V8#*mX08S`mia^3c@C32=SGp#A+ez?;j7-tgd~XND2}M9O^ma-zL;<Pgd76dLZcMZ>*b@y;1QoGf1m`V%&g`(_iASfFp|i
|%yM0#FDIvD5YkI&MZ%)eela^yibyd`OssBaCdz|g<BzFiv_L46vcgpOatcy-
Z!8I(U!iaZ<6TTK=cMjT3a$r=m7ORml_{6LeilmT>1p8KX^4|EE{P#;&byt1Idt-SQt<SzradXY<%%Sz6=p|?(mc}6Y>H&klk`}YfBEen{`JRYUJx(9wqx
30sh4*tSE09ORBH1GLC*{pAvJXO>pH~#-~IL9|L~XJD_!E~p%0K;su8C2rt0B;$}%sSC`xL4cXE<&5!3tmecU&Ox%9oa@Bemu_q#v;@NfV2hu{6-
hd=%Gv(CXer|r17?p0ZFshVlo#MJ%&gqT;;%2lSl!Ccb<QK?EgEJ9qarX25RHeB$xG)~fk8Y@o`raG)UX())QVR!kkq+4@khONXBzyz6OFfo}K4+?e;`^Y
TINpR|6gk=?A%ox^7VPJf0lWDzAiIB=Fu3Ge$A)&xzS0*waA)9ehNRyt}Wdl_*p;eUWMFAxHZmL@3{ZbU%<WdkvGh8l`&&rXuS67e}levx|3&Vl!iq6eZR
Mm5=|2YaeniJ>#mnt*XL;A9+!bp{EeHDAS-rKBH%^nLjQrym4RxFRp3r!`7FujOzV+2(<rh%&TNJXVAIs!~%)31{JO_J_4&1N}bIVhAD!|9@&?U=`|ksP{
pw=YgwRvP^xo9s!#-&KL)(=SzDDDTa+vae;2iFoo>bcdW1DOBr)i>ug|@e{I^6<)2_ZQY8d15PC)VP1n^!b-z}6fmO>f+P^BZEmyxNSR?o3iI2wSW9P-
`ylv6J%h0plft`d9IUV0D#j%KZ^ej%3tNzPqW&;0Wp%VgxhR=U3;+?&(&un6$RGwBZQ+~I#$HTT;iFo?Z;~>`b08rfxhuy^s2VVAVl=nj^rqv*ds98=l`#
=Fb?nN_2u~De6x|+7Ws!j6o5&Mz9fE%jtF4J%p<t;n&C3+PQx#<63^i721f#vC8&UqHA8KI{1(Evth?4+!R2hlTEg;)N)=(PtU=F=xqUAxzu@)IqfdsEK%
wAiIfH5x{+Bq1M2Udg)XGt|ws8?48)9ZA0hxx5Yjh5I!W(txY%u!nZp+tjMuQVBoy*YCeZm~J#8?~x%fLB<vM3-
DxHd>D=NXa7`DJ?VhKl%D~{j{WNP2oVW&sZOsUAw4c(C~pT7Gz~pmq1)$^V($52`|8u1c@QzG87Wlq#==|jKdegDl|$?Dkv)<^SEg%={hI9GGeNRYy=XQR
2<@*u?T~A!*Ve*WmX08&M5q4S8EtXtN66$zB3tyRG_H2Y(8xsOGPNyp$da~$C}2@vMw}dP0MxMl(iKaO;j$NTPK#LmZam_lODgU`MOc5<GK#!k)vqB*L8d
)zUP`=D&UIhRLq066^Y5ZBxhD@um`}>+rS7L%XC;OYIRPm{S|6^$8~Lur42k~$hr)M@$i0Y2~{&<{>@lr-
Fs9f@|h{<MI+BbpNc7GmLz6XL}bRG9LptiOgW_Ju8co8Y)tf>Sj`!#l&!&0$ua(wgC-dW*5ooB9L(a72BEHnMXAjB6Q4ElzXAPKsf?Z+)znPEM5U~$8iWi
LtBWFR?kZb0mOlqKCr}Qqtis(ar!l==nshU}U2(-yPYNg2W%j`s5=uXK(V7nERm044fK63J<lfkgp-gZk*UV(t9tdBHLKAHjD&b|#&xEoyPD$c)(en(|h?
yHFD`L6u0x(w830Uf@)6)0JQWSKXg$pP*wG>_&a?G+LJO~!yydh8*BbJ*11#{eS4b~BG!)Ynbx9TySl^*=B3})68PgIDO-KsFm+;w272nGk?S(e?&EX}gc
NW%m#({Bsk8XXFNmm*~dUPp1B61}F2WiI^3&4Kka8Zp*(^yyMclv~y_a9vrWM_Hv`STI;KSkjYqzsVKH+tTS&)|8VAKq!6FpwO(baE@9!y$&mr47N}@YBV
ZiEkMJ(LIOH9xnVvVWt#PzYe_cC#WXIrYRwQs`i(}b1b<CcKvIHfNzCUJ5oFm%yx&;%cOn3<DgZ!R*Q1xIVFeae7LGI9LJz#txM4I9@G|+~fGN72wNO?}d
y>D)9S*%RbiI+BX4F-XQn&P3IZ-
@%A__$E$H*r;%Jzn%qfwetq^^TW9=GZ)XP}Jo6>BpHQjUEwYfIdV8WC}wE$T|e5ne(*qs;YE!g#wvK}W&}>~a#=C<cdWnBGTZWrl$-
3m#KZHfsqOA}bZh$T33v$r8BsY!$9I#m{%tVlo5JCNIO}@T@L#_+NyDm3tKqFC+h~s>{SaTGKCzlT9Xf*z)84o#&@>N~ZTd^R0BnHLBG2q)@K7Fp)hZCkT
mS(QBMlQwt47MjO?mru_ufHyDQx?WLC3pjJNMG)bX%iua_9q^K*YjF!5JRZ0otMVUT0wCuVK>ry9ExftIbKR1e-
C!W_~kaZVI^f;}XDtK8Hh{=jmQ`VNaDI4hkYj=a0<&cnRC;sC5Gm6cJU!9xXdc&wputo=QR{4iP`7tbQyY8mQqVYb;IJ|3`TtYglvI!T7l(RcGtdv=m)gY
D0sa}Z^8%qM-
3O;u|aYp@(`Ek_DoTm;>_~m?wd(SR2Hsyw@MrMA4$wg*Ljc6`2hsxNpJ%$#jXdAz)^3#=r4!*8NQX=;)kxWtoupCh2Z>uQUx$D}QLzN#JA=E`U5LkJ{DYb
A-vGq{kj8G`16B_fQj?$22HYMv$;-
*WrlzLW6Zq6x&erxh*ZS&<MkflTX)1}JDEqu#UVJ?@)eI2wJnC;<WnJXcEFSyg&=0#EYrnzcRRkdQ7fM0b>$g&CF6mk;XY0^G$o-*V0`@j8deeo|p{PB-
}`0@YV)ADOm%dbr>{|HSj*YS7#^Z!p9%x``pi!d#&o`NdNpNdLJSR+<Oy$!^4BFdA)+Z|bz>+S;BR3OGO3O|J^$@k|X!|qC|>ZmztTZuZyB7SOCSnm?R?(
+YrC`nhSUztjD>kZ^~imD-
H8+9#~Hi{G#ayy1kcM0^OKbsEwqDc9aD^G7xL|yGtvA;O7N^;TkeqElXQ@>hhx_9FS#lPw$<p!%Yp!?sVJKS2)5fxU}ex(^vWlgeW)7s5&kv?vEU64RtuW
9D3TGWHj9`2cj@YZ*^09l(7)uU@tG7LPkCaLvS74t*Iij0i{54n|0_tmIkG9une#0$|}Z52zlF>LU04EK+&W32Vxeg+ryvLH#xIE9I3O-
1=0N|vusvSd%JK(4wlJ|Y*PD0A!ZKA6)TV{g{xh~br|ab>gJ7)z)TkhywNSdC`%$W0|?L5cO!R9y@&iUn(=A*bFWg-
*{SwqQ=}f;NYKs?S%&WK!3z8^|1|NRw0!KeZ#QZLld7J0qQN5IQ29&OIUkx{dpAoTLmVJgQycCFfz|V2?&Ea1H&ukC2<DoiPWaS(}{gc-
A8+lD8?8ZcYd1r~TG&#oyK<ai=+_P(@{_aBAMEmcntG9IR5m?SZSkHk8g@ZCWCVoSLlQc8N2b+G(#=LaN(K<*IJ?-
%z=3Id9&^(H2D2I>^b?*tp_YBvv5|NwHIj7f#;oEV8)M8f-ngBo?QlzhQM#3daF(MZ1Mbk(JsFq;5)}FvCes-
Fwni<~P{}dV=(4ibxT6l5o?n)n|g;zmctTBaCT_5Gy$u=DxU`M4`7u8;{BdFx-kz6(CXNWFD;bm;6nV#ZW-Q-79TCR+%-
qBoCfu#3FegSLFP~VPuI+{Zcc86)D`;sYFDJC>wEl<F0FW>~MfN<(=fZdiX#p^=$`B-)DU;YNfC)-
R^ft3K0|&+JJO=T;(@xHnfyUk>$D0;jFtW;!B*&h#iNDA)m2hq7&PV2GN$X%RR++Qv5LO#2h+ixs>V5wNeNehW9U_W4F<e94Ld5E4fsO^4~8CyK}toE;eO
qU$~DE=5p>A{)knpLh}?cTX;6i>r{GJUBL*GopN}#9G=Z1PvPVo8NGa)GBo8uS2RB`C`k@hApFBAw-X*In~M$7HrYR2W2aW-
7`S3dnb^+Jvc%G(9!@MmZ=a-&sv&EVRD9t}sw_q~DRY~KVjmXqnA1hI;7ks{vMM#P+s*N-kB5WmM{K}50ZS=TwH%(va%wBi-lO6r=*O#6BBf|MSA$*8EwX
fGq%tuKpfpjpE#<VF%?J~+bq)eP9cH%3@rq)}5-GmSPs)+3H3rC9A}yps)ww$`+!~e~1I8qWXG_f7xFK7VQ#VN;-Y;8>t2?E-
bk0pP^$2$><6xKZBy6vGQsK*8(z^a=oiv)Y49iOSnXawdkEHC0(ZDa2l4J3bS8^&sv~W4RkVP&LOAf!EG}n46E0Cn|Gg>;VY-
$`y5zROUiX@qTx(F1W?R0a<c<Q@O3wB?b4U_5#@*GOnq__9swx-*IW-o%`Kel3>H3}km>zN9*DkFE*RNS&Oq{`VPkvo$2)0N$+8IY-pFtSEL#Nl|gg<@00
<zC28vm9olgeV_TAIWM5+^a(2zjkQ`Z=FZ@D%OP5!mW}ZX8qQ5y8p31IonIkrd=DIlS;>`KT*|Mbeh>B-ga_X)>AdN+@n7(zj}D4tJK#M(WxFv!Kg96-
2V3_g#9&NUluoNHdDGb<R|Ulc-i>Izp(}xwUKtH_lPoDJ{(-
Ny&PKINTA%O=tT$zBj1*tNW~wg(kqU;SZoyA#Cs>@i(zm)M^SDHKi4BO2ruYZ<+jpY9z~6u^BX@mzty}Pns;jkwH1&;1@DhS$>ku?w$h4+$sHjxyNgWix9
UEd3ZIe-zTSB$5m`E7aSUM@PSS|R9A4!-
*#i~ZIBHc&>>Kaxo}9z=$WkP!D%Z^@r)Ce2YNH~ba*?vzU1KjR^v?@BY~8&TLUUGj!6dm7I~)~iYc{NUj@G>5!p#*qTvm9$_ltPNc=XR>qiBzv!$mVHN;H
w%M$_z+5~#szdQI(Y<IS`)5{-s3bJ~w^`a2_so7>UpMK8H!iEDD<+Br^B)x;^>E=*>%GOI8-{5Gu9*w1DA9lIeHCcBl7og9{OE1E^yUQID?I-
(sdz2nPaGdYh~O7)CKPN68dIi`6ha*9}X3EI1p_m|*uYh6;2H9d8c_NjEYo1Sk~v+pnvmsBN3>w4M2WsT%=*TA@S;5|O~%<W-C<x@q9bZb)8{#>2<oV&-
p$>Z+a-*(5lQi*XTcL18QD^*pfD>R<-qizy)Mn=oZ2c5yY1eBD<rPu;^d%Sc#ZJO@u)ROA$qezl>%r~R-F<y}+R5{vd-Ad0eQprn=$!T7<BvtVyc$7=KLK
zh|FoWuki)=1}%XYXD*N+r212<T!cXQ<%W6s^+pS%ZY4WP@5CR&AD?s|6AyIr1*Mz*jjVORZ%cESC?^>Fw9>8^9Ne|pQ2$>E^AXK{5`O`e1fZCMY%)w{B;
uUK8&L)xh1?XcRnc&o~dJY;pDb>rEnR<q}2*L!<QXZqUIT|RMVYJPIM`&Fz=M}GD>-
?`lWOR~3fm*~I$>yPXb{TZS1uUGsXX+?5SlV6E{*}47^VN=>gXj|y#1KINuAy)KCrz5QGPhDAFVOW&Y&UdZh9g_K0(faK1CL<?2&U62qBVtUh<6TEI$?qU
9?EmAG-t~XIl;6!MUw#)t^4pP}&-=s`;o&Yil3xY#?-
IyL0i?l+HV~ysDlTag=ya_wMUm*K7{|iy8rBZ5UlQg&>ifa(YL~?6+r^GQtt096lDk^=#QSdve=2Aa6t+OrLtonYp`=Hf;5$u8``)@LMqWRD9mS0FesvcI
9Ycg{y2`Of?Mq*S-
0%8}Nw9bKgeV9{*Huz1NA|9z3*jwdsp4?&7n97>4F@&C=;|!&qCjR<yx)>pf7auY9j{Z=uu<0+TY1)J6|b<8FQIq|=R5oki~KU(l8<jBH9W-
ox<`rPk*+vK-
S{!@`RzbH|4O6!GP5tWj1Ae3#5{cw<(Cq_+(v#x`+C1Uyw5Kt%2^`d#?GQxoat4g;%Xb=G&H6=HEX|=B<I6vZ&otlIIkKoB_vUbzbb{s53yopSB;GdJ^~e
_a$Zu6tUNZTh8w+J{<VBK`}|(T>yf^+-_oLxzp+vN+gDG1ZDV;w-RG+ZNH68^%{8o~hT6C2r4LiS)5#~`2}u)J^7X-
M%wH5UJvw%IcCUA6l=tXf`X7N=jK<k2wZ;?sY^*%PP%h8q%1;E8R1MdDvewNYykc!Vcc!kIx4S9xhx7Y8q_2D|hsT<~EXuBkx#48Tf3J<>$oTdR6}%QpTy
eLa_HTb7-7*gJiBL}$j039o3NXAbEo9^+<{vT04xhhR^F56_l7CtCvwVE-C$7v}=+aXmeThv90QPfr-q}Lt=HVB!osPG)zFtc8lsKQPBSmk-
^=Ys}0^S8950-
*nVr)f|`((Jn&xZ@J2!|)hk)XyjM0a8dzaHXa(JI?Qm7g2X<ZY8;E4D;4LUF)g$YzVQM56l2$8ya2^^skrSK21P<<C~fGd)$hj|BaAMa`BdcRXC-hRg1v_
iCK^2`bNQmmIFy53*f;Yy5Lr`kGs%ZA;&8_?YDD)2ybSyez+sfA*mAkv^>d>xSEbY~l8rT_3vpiszkqev$AGGrkS+<Kp%}UzR+(HXZG4MKW4<W>F%?eOYq
LP1zmrj#6bH+Yv2KEdRJMwr(k^AM$#Z-AWkS^wy~wLJ@7Zc|ZBVBRilBdC5;A^In-
}ZJx;C+VGYmKmhr<NrZoShsJL~y8NnV+HT>!zWI1bSb1W|zdtHJpX}}>X6dOtBx4g^747Z%OMJyvEx(NY$NhGwc0Chty^ZZxbNl283|+#~m3QEMg>8Ez_7
$}37{Tdn-b#{=C%{jSJ-XgGcm4?6^6@2RdiLAS^jPvIwV4~vk|nhPGQT#+W?OjGIlU_o+Yc!)_ZHcr(4ua4kRpbS=T;S~uibH6ql8o<j4;INiFe+y$yW_e
U!u3`5xAJC9nkFny6iY7eMF1tOa19xfji6g!%yh6m*HLCcvklMXm35=q3%~_eZEA+X1+!ec*fpm`s%48@yqWBHC{V<jL!V=uynivlqb_nVHVDB+K=``e+2
gL(QLJOg(T<K$Ru{Zo?6i>8s7WDyUY{s6z}(Cwenu!?YinaX>g44rM$95<0~@)cN}^qk>UyXH&_Ni$dyLXK2IfYA#pzF{JRR7yfS;;r?}2qCRCF2d-
pL4(YL6m00s0LFuDPl3mE@dL^q}Wb|4plXPsokTK8d(0ASRW6jKD2f|w9|U;vNiQAxL0fIcM~+ZrQj5kSHK(D2lba~G5v*8;NIujyS)T-
f^{e?r%D2bl)J765=b+Ig@!L4ar?pB#B!8d2~^7TpiV-vCi3-
D3uu9(dk5s2vLNs&#0m2^<iYQTvHx9fg#V7#_gB_xhvq5tv=D3V@)7<SGE;gWL@;RWuZlvC)8Fl4s`0SIQ!gEaJGxn98Ajts+qDdeDklD{)gGFDOK*4zw>
}8>trpq1Q7pRo#HttCGV3*i_<>`(>iZGDz~kp^VryzBP;FKF9!-f;$Xd4HPUO!$BKCvN=;Df~74J?A+Lg0=)Q0B9mA*Cq0E)RAv?}Ao0%-
CV;vJ!ib7r7a-
McbSxyxD|te(W5@mMNkYu^(u0DHnOY<5mWT<kHaR3Qnha=lsRBG>LTk^z1S{kuJRG}%Tvp5gu=i}Fy`~WFU_Kyu0x0}E2tEueUO2<e2<?=`LQ>03^1hNm!
AbacZ=xe4^(N@+sCJEX19iPQ$PUCtFogpbZ{K>asct^-
Vt{uc2@g1rdlbuKt$bBr*&*)rHrf^<1f`pRqmxx)z1k(3#z{T{cvo_Jf^m*pbhsy;3<J|@mYg@TK#(e9Lbd2FY8ADicujc8QWnD8*T@=4Sj3T;xMeL(1fs
E;0H%q@@EqNIC?FZZjP#rGJxz6aQzCBh60#q6Y48mk_(k>(l5kSKpjDz$y_1m11X^QTmGBxE92yB+#?`(+NP}qVCSS-
Dp9^UTsj1)`01iF##+|D{F2=?&ijISwDJTHeEOr2r(2~B7maa|?7m_-wh`A;V8`v>h7hT9~=wX5FNu1|QIuRJueg)^Mh$PX)g%S<vpNg3wNoY{auqy$|Am
$|${3a7AH}WBsb;_uc^5d2hg6Ri?WY!zudMI-z9yn2|p-9;Tpvgp~Bv~LOp@kgdB!$GN=ATT<I$^20lm?pAVgD+JyrvZNq4Zs}rr@-
>hIkNWB46XOLX{F*NmbJ4B?42h3XoC3qJ<8KLY_ZRL4f{%R;fsJ!6zy92eBsC<0eNY>;xEU;Y7erJkVUhc}o{5HE(uFfR~a?8sLQ_8&Fr31RTn+?l-
Av*u4se)j(<lni+BzC0Mt+iW=fx^4HfJ&)b1p1JxF|j)2!4q|`+R#gdWMNW%a>H~ChOY5bWW#~{lYOL#zT$(ieG3Ong&sP_;NnDq62?Hek{+i-
e=GS#Y!UAPkc)j?2F454|LAiZP9E`t7Mg1iFFJ2#^G+~j-
)%H8I!Gbja~D@8x$+1y5Zy4Ob#_Y~#lGZ~WS_LNSjWp>v_^yZ%<;I8CnzSU=#1D9rKPBuP3+-
Thcle3NPZ1vzavqE|Z(@iMas5IH6VT+`MY^H>)8+MlhPl169@p)-3rc=i3_8@n9sVS7C5BZ^loGQ&s_lPz1)Vd+oK#+$Mvg-R{mo#{Rjhxx=zk4sEAS-
*)@4%n5$Rr+4$g%7C`5}<p%%WW~;@<gb0B&@&P4&fj2`;5(w?gGxbxIYxvfD+TbV3jsAx$FPF(qU-DPgYeo8NuMM1e&rIS==tM4Pu5Aw?qTR>!kP@@RSMK
}vx(Fd|FOay*^s2F>yA^JyQNR)8t^9DDc-M0-dfi%B8*%C}h|Mc$FL^*w`QP`ly;(g`={ozpzc2^qCV!ItxM>KJSjM+?Biu&8pR!y_26;=zrl%-
btcMHZU^UeKe9Ra}1RP5%i#NKht3e2n$&q!MPkmUy@koP$-
7lso1_Uw)NA&L<sY4OT}I9m8F3I>;KFkf&H;)Z2XdyJOQqHvRG^=pe`VKhi<|$_M!?ALKteALP$!h4_EOAo&|X5Oc%;-~*Q-
PnMKnvRukArmh<r*3^hP)MRPO5jUGpdG*_9mahJAHmvVn?3T^AA&%bb(KB(K6(UQL?#hl^ol1eFsDW)Ky;3$(Qg9}ch`H>PJr*|vFiJ8(fS@S%F*hRPmSA
rZgQ1AvrDq!)b$OQ{=fnITHRL$S^$(ZegnJ>kZ!{>C=We-bFDvh+cj3+qQ0^N;sTHlk7UHh?VLl{t>X_F+jqo)vt0cqo)@^XD)Q!$Pn|F+90$O0AZex!Xe
ig#x%)oK_W-
a!Qo7?KU@hT#3$Yyu)o=A^oGn=EPcI6LM%a5uR8M>`%=hiiQ+x(BHYwGZSh?}bYNZlmfirusEB1Mu@o*@;vHdoNc&L(mV%IUeg>WS0JRoI2v^{QH@;7O6C
UtWdDpgpSeEg6ifhPN7w0eQ!|@@po9@D{?^-%)>X8qA2y3tjuh_(8-Cr|iyhj7N?s>Otj|yatRq-
G}Zij_CaN42`X)=?bT0ssjz}Hn~~!5j=?Bt#j3!3{_Z-VAn}`2kj!j(XfRTxlIscIBhn3R4%&(QrZ!NW++SL+NOLH?A0nqG{ZvzMEqKm;){(|H%i4}vN^@
JcPk&>%?JU*%MX{{<+a0M8k=x!?{@9|(D}19&MftA=1b;+GulhP6hoUhq4L(ay@__Y7w2@_|8?{?T&)I(M5cskQHj0Zyh-
}k@>YdwWqPY5S=j`#6tk~HzZi3QJL8mpyEdar?uIv5T)mY8zcg*AY8BI9iqz2pK<uwLPJ?8}wbJAw!6}y2ByK&W!MDliwA^Pl815WfAd}hg2YLHxmssu<$
bcg(L0~1&OWzt7^iC;q(xQ3JC7R9p16sikn?B*%RDGt)h_fP|Sn@2JJmQ=NA!k#<80sh<9$M1AV@VexMmXSyvgmS5v4hFr+ZhqHr3fgljhZI~ij&+C1Q0W
}CA&7io={SoZ6(+gJ|amO_*;AV8zS;jwd$w8f&VTMsAWJ#t;e2NGymCJ)uKTny&5^9hvnQ2WaX&Qbn330D<I2iA>kJD2oKjI>z6AVVjH<5cXjzmZ8BzuDZ
)+`lL9`S1g9CehJq@oTnde|xvWA6m$5gdg99YdLzNQvbZ2UoWVyLp8JuDJxkpgs@I=J`kp)U_+a;x&L7m{D4%yt0_*&_TJ#lw#7Bm8>OGP%Y3XtfeGevUS
LDNp(Y5=isO+xs&sr-$llIsXc#3{WBty2vxxYZQFaa!|3pj0E~Nx>qJHb6}By<xGrJjr0btt`c9*3B+>(>q*2$2FogAiQOe>g0`=3yvyR`AR@!)8#a-
y12QKR3kz=w+}eFtU(`@gF0iXJ<>ST@)oQbw%=U^frdUGoK+4-
7}4dIM9#3+XkhmFB0dj9iD`@0+!l#k{%<96Zsh6ODQD}$wejhhurs@RgRY0tiL?=btbDp<V{?f<N#>9}5hY0g>Zy0b;T1~;jd`51s1i&SDHQmA>s=1cuG2
)4<_A{MLWc)z`K8PlSuS!;lQV|e-OgUbfhh*6Dm0&X1XMNY8)SXz95$1w&8SGv&B9nh?@FAslU+n5wy+D~ZZyk%gxGJ=!s2qzwAM`{|AX=(_-
2&N^~j=T)Gd;&o3GOErm0PH9Jvz}QLWe&_|0OV{m{FlBl1uln`4pDWZXf=r9nO6uj)~*U&Do88|5z>F@rE6`YW7f+SPSunDSkj)Hb1P&grUYjid{A(9rr!
9=WF(J?wQWTLf1v22dleG=<-;nt0!$1b{Ma-
i+)5Lf!3XC8%@r^Ha1Dsh=uXhIv`rLv}$s2Z=_?&L+<u*<5xxIlnL=_H*sYQc~HGaKr)%1ZcIY>n6h<#Dz*#j>`y6QkA-
!_hY~!aBpTB^8|{+$f_ch3t1Wub<U=1HKChGL|lbei8~6Fx+Pe2o0>43m$tp0%|-
G%l07wA*mR~iVkwW{y4lnyO4FF>gn%f~sGB{(0c$c}GeabKm9a_X9HqMGQcPKzHIRPn_;bE1m1UDbI*QvQjw!gR(=i@!e=)+Xo4IWm-
b4W}!7pdmDq2HThQrNfS8lr_zZ|bP9)64&*;I52Ub}>n;&n<CD=WGC9v@eCv2sIff|NBGl77W8RceZIQ}qZiSB}e1qq#3RPNg>Oh?0=DIxeH8&APEEuA_i
^hHe=ymd*VfywGRaeX0(NuP{#CA?6IV6L(f~FP_vcN@#}}J<TH*6XCQuZ-BE&PLwa^u=C|rMp5!*Pp1xt*nd8@r=!;?vgFKq10<dI9)XUN<Erz(08>rvJ%
Xy!^i)WJX&o`h>}pwwa7R9IsCMa5na0EC0G>>JO`7v0c5;rl52v$Sm8X^xyB7E1QK@yXi84=QGp6AQIxlY$%;TwPn)Nh2=LM=b-^1Gl-
$Z@lO|6@##bc8oYEDTHuO{;2e8~GNc1U+5H4d-S6$zq^8}mr*64Y%TBy2&@s@mnfi8}UROaK~hoHxLrhvIdqN}>y^o1|kL#mSW^2pyg^rEr%SjvN-
+jYe9S6`2NAXbNv6-EKir%+gT+!JZn5dA6?&Rm)mXam+FGugqM8WNo_|AjYW@p+$3lK%%oNTkC>QyZER+orJRqc%o~wZmkm)i;wiPX}Wfmrf-
M$D~rG{3fkUGE*l9~p62Ad;c8z{9bW-C=?xfpF#WG?_uWu#k$yn{zhJaK!1}Ki<xL`B*5G2_6Cl_PQn{kFH?qWi9%O#qevj}C)Z1;<nii4c_`xN5gY&-
nMNIQtc)p7$XZw{$;O_=%oF;d^Y-b~CsgV_&YN^=qQ3@b|{A_-
4<vqZOSg~}J7b4FjW8Ql&$HP&P19F)*xki97tQei+jngjjCkU%N;JN$;V!Z%!ZI8G=0QGpq9I=s#l_u|gDj)I=yBFTInvJS^KHB62MzE9zYyLvNULU~TPr
&T;lKNkcRUp3^bNWNCpSMSPfrnnm4WC5(i&)R{Kv_2cQ(a}7zvS30IRU?}J_h0Es7CNxmyPx)FOX-7UBL(4@xq{7-
{39YrQVpwHxoeKHaESXL~rYyJ_!oWH|+XJIl74}9!{Bn`H1<q>@6D~aC@|`Y_{jdk6kZ(Z3)7W;*&~Tp}saqD7|QG@+XY^;V%2-_yy_<W)*XiKH-
F)n)l10pUWpfcr{UFGObC}x*ogR-PQDLot?(rPfvc|wm2WVA1x-|`0veKv5i}L8Q}*xbR92jRrvrKz3GnL;H~#6Z*-
SHXz2xY{V9X@)96w;iTnzYY~@|W$=<Ecaq4y0-WS|9eG+w?-
wb*0`oGjDf5Gv+T+8+P)wMm;W)=u~h;}^4Gwa{Qbou4auE^OxhP%6_&Q1Pc9>iT9dp3nqq#ZwtTfnrDmtm~=ailsneMgrMaLx>pC4jei$6@6moDxHJd%0$
>TmFT#E65nn{25-Pr}wM87=Hq;&nxp6hOIY(^aH^8g7iJ;=bwO9zX@U<CXAQsd=qTthvdWDbj405xic-$mei^T*|{z58#9|;M693GNG8VpKt-PUE4P3Hxw
MrqxlEJxd1kT4xsPwi8}ivVVN=?TDOo9Z+LR|PCgdZ$f3bL+>E}X_ug8<_`N%IOjr2BhJ3KQr#Zb|(J~-
g)it@EN719UH^Jk7RA8|fFedu}f8yvYMIEtT^@rZe@Aal50>Uic4x{$Xf#4?=qgYYYT5L=xazJ7gS;!w^|-
bv;AF%Q`DBRY8y*XiX6UMTf5(&6mL|AS)Vq5Sxk?C3?~@mlTlL5A|U{_{b!USGD~pD=Al-uXF1u)TBG{^lI>_T%=e&65=3mEZa6CW*PcOaGptYHwN0L|b0
D_4SQ0dS(4N_9)YXNiQGlHE(994|HvbO=dOfm*)_O>!=?jT2GLW9#YzON9GZQ)3E(_Sc2EJkKI)t)6WdeuWcwk1LVzK-QF}vaaDc^$@4~UW`VOjX8y$_S0
3#3PcTw^GS|H+96u=aiv7~dvgY8(&M#(<YKQW2THdZYKN!I3H?VG(@KeMHUwQSew^Mu3=3MUZc;&n4WkdG6M;eiyGiib}@@cC6Ac&06Ae)TuMY&WTZX`i~
>MPnR(ZQO(P&aJzQXb5F@Tq2JG9SDHDigmcA--LjYmYO1(zv`BAwnSXPDM9yh96!ZOIwbYs%+6L5qh2Pl+i`nT}_Vkw(YDX$KpCQ-
;^Sotm@Ipu=M5ON_2?X-
?SrFL`d(7<2JWPkTB&f{VxXi{3f7#)0DpAn1{^cgGp(JjP1ptx+@QLOVjm9mlT0fdAq6nFdjV_=?5$7!$R;u_gF${gSjPrLoG0fiJnJgkHiwpxpL*IR?$p
2-z13t9t5<a4+g!qql{zRXk^E>Fn30W4uTg*cVY(@yGfiL>`C?Y<(UO>E!RbOWFpQTFx|=B8=z$d;n_Irz5z4O-Cu8osTHRXjE~)>B-
rms0)x_*8RjnbIeXHf*hQFHe5C`y*LA)+Z<xhJ%rjDX@;rVqh{V<L@n~{F&rdRNeym3g;&Drl{ae6~akP0M#vedh{tmF%DcF3*sI!o+AR?&Q$aiuS;Dl=&
$&FpNsZ-!joGxB(9z6?4AYh<38;wC*(1b!3!nd>gg`LkjG(H=*14J(F$GKXs0>m(mdk1J0Ee>nZFuCWAle)QG2XJx0f$U|jzmN`rnE9-
O?lbmAafJK4P1A6BZw*M`zGMf`ULL*P3B<-
i6unpD?i4`LnFkDkIiX}9ls=N7{De4<^>9F$xlf6s!Ff{c)PeAYT{iafh37wGR`P*G6Iz~414BSz^Z{M$kwb_(*sTp*M%4@wvz@MCDE^Xyd0jy^fF2+8va
(x;5M^v$0**{XIQCNcIJR2j){PJ{oF6~dGC?q_kkLuP#lyt&y08&ft`53Nrh!Zji(5-
dSRpXa7<DE5dSE>utMlkSO&j~IV8$TG8*K&CfP^A#y4lqM4u)$9PR4QTtr^Lj=EPa-
*fM5QQ(L25j)TpOlM6AH_!EuSdXP8V_nPHG;)+4|OqX52;qid{YZnhAkiy+GDTPOHUPA0G`RY0~b176OfO{=$ySYxZ3p{O}SoDrFUm;6iM4+TWh(PABhL)
j=BKQys#uDqsbLydC1VT*oX-Nay`Zh&<vayWJ7n88=x~vx%RMwpbIUs5>lzdXO$qcf7+1THKriDRXi(VvoCyZnTzd<F_2{{1p`kiJ=VG;5FJP?{I+|k!3j
P{yiV&2i>Lktj_=|M$Ms~SI-
95t#Qp)oW`_)X#w&SzUfLUo&1`#E$55&2&rz99F2rEA5|`9SAG^D2&shKSPa!TzBec_bR$wWgRt>cJ$z%Eat6HrpkD)`=n|iwVS&JP;6eDhj9-
$Q#peAQ*cF)~)gG_~1-
D85PDs76}3PB=i|;x`soAzb^ns*qtE`jK=fkmw5DinSy`GGjE$^F|j(F#0#rVUq<wMQ;$06UNWSz(v_@<pJ2h6Cd0tcDiK?RfmHB(bP{QhcVSI+$5ex#1l
GL654J8(*VREqzy$R=vo)A@m!I-5tBVX5AfO=Y!TRPhxa3*@l>luts$`(FDFVN8GoOcHQcZ#0XJ-+cf~ah0sWaz_rUU?AIB*QAk|*KBJg>3SHX-
Y2&AM|BuzOgQvp8vJAMh4XjrHz69}TysUDt_U1ynjq4!}IL1~N*a0hY&t7Eg(58|)Tir^qC61r~t(Egi0mC{$=77*#3*0eG9n%a`oKG<UH~B<fpAB&wO9F
oIcV<CCPo@R-IvC7()=1uoe~G#K5-=(I-
j!gM=+@=2S+heWY?ja?wobvb?Tll#k~PcDFAYE>85B2{)&)J^y6(<9<M$`l7)2)b3H_p9m%cAv%Q{#CcQu}7O&Wi=dkchDwNq|9TVoyTVB`5ZJ})L~p&9E
_4*2LbuWk9}sld)0j^mfA*r^kX#7ry~x|V;yPmAMUL_2kyCBG|#{VnQ?%JS{<9c!L8{&_4e|;xnJWYjU41=FDg8L;An~J+DFN<JLO5*qLFmO(LA?Ny(Lbp
-xP8!x^3gAk7s&vz;^wrQzxvNz`@6j1v7b^z!8VHs&z6)1`@>{;q~3;=ke&MToaksH=n7Rl>s909#-
8fcS5u(d`QAZ8=z3)KuR7*LLtxWsWlAQXMN>;v<c*gdckAZU4grIui11NF72ZSOPn2Z?t^x+xhB~lT7yWn?t@I+@l@lGq~NGHH+~?n3FSe-_os%(jwAP3<
t;91JgaUWQTwcp;>^S{E%P><NtZa#$34;c)i&${MZK4l-
Iq4}T_9J#AuY%V84>6W9ss$lVPovO9uM)p%!LNr2Evg}${6}S&dz;*@D_lcB|2D}aH%P}L>lE-
=U^KyL7@=qgU3&Lhx<^wVZJsNY3#aP_7Sx{anI=2I14hFZ{$AImrimLn1m8k64bXO9gHqNA9CC`G9sX{$v9jygX|xB0Mhc|<EsQBRuA<s<EP=5&5|P~7_q
}Wuq_%pAF{QN)(TvS_6|63`vnoVsQv9W?}yKQ7v;?-*+c5g0ID#aT(*MPgt<?A%4}rR@Bj9<zx{8#g#jr"""
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
def _activated(sums):
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
        hidden = _activated(features @ weights + bias)
        hidden = _activated(hidden @ self.second + self.second_bias)
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
    model &= 15
    intensity = IntensityMap(unit, offset, low, high)
    largest, tiles = (intensity.largest_value, cut_tiles(shape, levels, edge))
    if model == SLICE_CODING:
        sequence = Sequence.from_bytes(parts['L', 255, 0], shape)
        samples = decode_slices(sequence, stack, unit_limits(intensity))
    else:
        samples = decode(shape, levels, edge, stream, model=model).samples(largest)
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
