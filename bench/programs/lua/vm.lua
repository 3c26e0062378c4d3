-- An interpreter loop: a small stack machine that counts primes by trial division.

local harness = require("harness")

local PUSH = 0
local LOAD = 1
local STORE = 2
local ADD = 3
local MUL = 4
local MOD = 5
local LESS = 6
local JUMP = 7
local JUMP_IF_ZERO = 8
local HALT = 9

-- Variable 0 is the limit, 1 counts primes, 2 is the number looked at, 3 its possible divisor.
local PROGRAM = {
    PUSH, 0, STORE, 1, PUSH, 2, STORE, 2,                            --  0: count = 0; number = 2
    LOAD, 2, LOAD, 0, LESS, 0, JUMP_IF_ZERO, 70,                     --  8: while number < limit
    PUSH, 2, STORE, 3,                                               -- 16: divisor = 2
    LOAD, 2, LOAD, 3, LOAD, 3, MUL, 0, LESS, 0, JUMP_IF_ZERO, 42,    -- 20: if number < divisor * divisor
    LOAD, 1, PUSH, 1, ADD, 0, STORE, 1, JUMP, 60,                    -- 32: count += 1, and go on
    LOAD, 2, LOAD, 3, MOD, 0, JUMP_IF_ZERO, 60,                      -- 42: if number % divisor == 0 go on
    LOAD, 3, PUSH, 1, ADD, 0, STORE, 3, JUMP, 20,                    -- 50: divisor += 1
    LOAD, 2, PUSH, 1, ADD, 0, STORE, 2, JUMP, 8,                     -- 60: number += 1
    HALT, 0,                                                         -- 70
}

local Machine = harness.class()

function Machine:init(code)
    self.code = code
    self.stack = {}
    self.variables = {}
    for i = 0, 15 do
        self.stack[i] = 0
    end
    for i = 0, 7 do
        self.variables[i] = 0
    end
end

function Machine:run(input)
    local code, stack, variables = self.code, self.stack, self.variables
    variables[0] = input
    local sp = 0
    local pc = 0
    while true do
        local op = code[pc + 1]
        local operand = code[pc + 2]
        pc = pc + 2
        if op == PUSH then
            stack[sp] = operand
            sp = sp + 1
        elseif op == LOAD then
            stack[sp] = variables[operand]
            sp = sp + 1
        elseif op == STORE then
            sp = sp - 1
            variables[operand] = stack[sp]
        elseif op == ADD then
            sp = sp - 1
            stack[sp - 1] = stack[sp - 1] + stack[sp]
        elseif op == MUL then
            sp = sp - 1
            stack[sp - 1] = stack[sp - 1] * stack[sp]
        elseif op == MOD then
            sp = sp - 1
            stack[sp - 1] = stack[sp - 1] % stack[sp]
        elseif op == LESS then
            sp = sp - 1
            stack[sp - 1] = stack[sp - 1] < stack[sp] and 1 or 0
        elseif op == JUMP then
            pc = operand
        elseif op == JUMP_IF_ZERO then
            sp = sp - 1
            if stack[sp] == 0 then
                pc = operand
            end
        else
            return variables[1]
        end
    end
end

local Vm = harness.class()

function Vm:init(limit)
    self.limit = limit
end

function Vm:benchmark()
    return Machine(PROGRAM):run(self.limit)
end

function Vm:verifyResult(result)
    local count = 0
    for number = 2, self.limit - 1 do
        local divisor = 2
        while divisor * divisor <= number and number % divisor ~= 0 do
            divisor = divisor + 1
        end
        if divisor * divisor > number then
            count = count + 1
        end
    end
    return result == count
end

harness.measure("vm", Vm)
