// Owner of the precompiled header of rooms (room_pch.hh).
