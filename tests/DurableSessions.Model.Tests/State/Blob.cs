using System.Runtime.InteropServices;

namespace DurableSessions.Model.Tests.State;

/// <summary>One blob: its name, its flags (sealed, come back, a record's fate), its content.</summary>
/// <param name="Key">Its name: see <see cref="Names"/>.</param>
/// <param name="Flags">See <see cref="Store"/> and <see cref="Record"/>.</param>
/// <param name="Value">Messages, or what else it holds.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct Blob(int Key, int Flags, ulong Value);
