"""eSpeak NG as a narrator's command: text in, WAV out. A program of its own, because eSpeak's hisses are noise that
goes on from call to call: only in a process that has said nothing yet does the same text give the same samples.

python espeak.py VOICE WORDS_A_MINUTE < text > speech.wav
"""

from __future__ import annotations

import ctypes
import sys
import wave

SYNCHRONOUS, UTF8, RATE = 2, 1, 1
"""From speak_lib.h: AUDIO_OUTPUT_SYNCHRONOUS, espeakCHARS_UTF8, espeakRATE."""


def speak(text: bytes, voice: str, pace: int) -> tuple[bytes, int]:
    """16-bit mono samples and their rate in Hz."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    if rate <= 0:
        sys.exit("eSpeak NG does not start: its data are missing; reinstall espeakng-loader")
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        sys.exit(f"eSpeak NG has no voice {voice!r}; try en, en-us, de, fr … or en+f3")
    library.espeak_SetParameter(RATE, pace, 0)
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))
    pieces: list[bytes] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def heard(samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int) -> int:
        if samples and count > 0:
            pieces.append(ctypes.string_at(samples, 2 * count))
        return 0

    library.espeak_SetSynthCallback(heard)
    library.espeak_Synth(text, ctypes.c_size_t(len(text) + 1), 0, 0, 0, UTF8, None, None)
    library.espeak_Synchronize()
    return b"".join(pieces), rate


if __name__ == "__main__":
    said, rate = speak(sys.stdin.buffer.read(), sys.argv[1], int(sys.argv[2]))
    with wave.open(sys.stdout.buffer, "wb") as file:
        file.setparams((1, 2, rate, len(said) // 2, "NONE", "not compressed"))
        file.writeframes(said)
