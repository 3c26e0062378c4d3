"""Functions of the runtime image that are vectors of the processor in machine code.

The dialect has numbers of 64 bits only.  What these functions do is written in it too, for the reference engine; here
is the body that LLVM gets instead, which does the same.
"""

from __future__ import annotations

from collections.abc import Mapping

VECTORS: Mapping[str, str] = {
    "placesOf": """\
%start = and i64 %p0, 4294967295
%place = getelementptr i8, ptr %cage, i64 %start
%bytes = load <16 x i8>, ptr %place, align 1
%byte = trunc i64 %p1 to i8
%one = insertelement <16 x i8> poison, i8 %byte, i64 0
%all = shufflevector <16 x i8> %one, <16 x i8> poison, <16 x i32> zeroinitializer
%same = icmp eq <16 x i8> %bytes, %all
%bits = bitcast <16 x i1> %same to i16
%found = zext i16 %bits to i64
ret i64 %found""",
}
"""Bodies, by name of the function: parameters are ``%cage``, ``%p0``, and so on."""
