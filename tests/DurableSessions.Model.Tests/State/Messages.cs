using System.Numerics;

namespace DurableSessions.Model.Tests.State;

/// <summary>A list of up to 16 messages, numbers 1 to 15, four bits each, the first one lowest.</summary>
internal static class Messages
{
    public static int Count(ulong list) => (67 - BitOperations.LeadingZeroCount(list)) / 4;

    public static ulong Add(ulong list, int message) => list | ((ulong)message << (4 * Count(list)));

    public static ulong Join(ulong list, ulong more)
    {
        int count = Count(list);
        return count == 16 ? list : list | (more << (4 * count));
    }

    public static ulong Take(ulong list, int count) => count >= 16 ? list : list & ((1UL << (4 * count)) - 1);

    public static ulong Skip(ulong list, int count) => count >= 16 ? 0 : list >> (4 * count);

    public static int At(ulong list, int index) => (int)(list >> (4 * index)) & 15;

    public static bool Contains(ulong list, int message)
    {
        for (; list != 0; list >>= 4)
        {
            if ((int)(list & 15) == message)
            {
                return true;
            }
        }

        return false;
    }

    public static string Text(ulong list) => string.Join(" ", Enumerable.Range(0, Count(list)).Select(i => At(list, i)));
}
