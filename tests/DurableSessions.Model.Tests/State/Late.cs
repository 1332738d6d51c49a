using System.Runtime.InteropServices;

namespace DurableSessions.Model.Tests.State;

/// <summary>A request that its sender has given up, or a second copy of one: storage may carry it out at any time, once.</summary>
/// <param name="Kind">What is asked for.</param>
/// <param name="Key">The blob; of a swap, the manifest that it was made from.</param>
/// <param name="Value">An append's position and message; a swap's manifest; a written blob's content.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct Late(int Kind, int Key, ulong Value)
{
    public const int Append = 1;
    public const int Create = 2;
    public const int Swap = 3;
}
